nnbabysit config check - < c.yaml
