"""Writes t.csv, which is a zip file with the parts of a workbook: an .xlsx that was renamed."""

import zipfile

with zipfile.ZipFile("t.csv", "w", zipfile.ZIP_DEFLATED) as workbook:
    for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        workbook.writestr(zipfile.ZipInfo(name), "<x>age rooms risk</x>" * 20)
