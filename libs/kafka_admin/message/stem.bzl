"""The file name of a generated message, as generator/cpp.py's snake_case makes it."""

def stem(api):
    out = ""
    for i in range(len(api)):
        c = api[i]
        if c.isupper() and i > 0:
            out += "_"
        out += c.lower()
    return out
