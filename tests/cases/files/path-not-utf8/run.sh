# a project in a folder whose name is Latin-1
d=$(printf 'proj\351t')
mkdir -p "$d"
cp c.yaml t.csv "$d"
cd "$d" && nnbabysit data c.yaml
