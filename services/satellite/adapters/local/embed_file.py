"""embed_file.py SOURCE FUNCTION HEADER CC INCLUDE: writes a header and a .cc that hold SOURCE's bytes."""
import sys


def main(source, function, header, cc, include):
    with open(source, "rb") as file:
        content = file.read()
    with open(header, "w", encoding="utf-8") as out:
        out.write(
            "#pragma once\n\n#include <string_view>\n\nnamespace sluice::satellite {\n\n"
            f"std::string_view {function}();\n\n}}  // namespace sluice::satellite\n"
        )
    lines = [",".join(str(b) for b in content[i : i + 32]) for i in range(0, len(content), 32)]
    with open(cc, "w", encoding="utf-8") as out:
        out.write(f'#include "{include}"\n\nnamespace sluice::satellite {{\nnamespace {{\n\n')
        out.write("constexpr unsigned char kContent[] = {\n" + ",\n".join(lines) + "};\n\n}  // namespace\n\n")
        out.write(
            f"std::string_view {function}() {{\n"
            "  return {reinterpret_cast<const char*>(kContent), sizeof kContent};\n}\n\n"
            "}  // namespace sluice::satellite\n"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
