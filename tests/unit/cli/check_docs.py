"""Compares what `longhaul help` says with the man page and the bash completion: every command and every option is in all of
them, and none is in one of them only. Usage: check_docs.py LONGHAUL SOURCE_FOLDER"""

import pathlib
import re
import subprocess
import sys

OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][a-z-]*)")


def of_program(program):
    """Options by command, as the program tells them."""

    def said(*arguments):
        return subprocess.run(
            [program, "help", *arguments], check=True, capture_output=True, text=True
        ).stdout

    commands = re.findall(r"^  ([a-z]+) +[A-Z]", said(), re.MULTILINE)
    found = {}
    for command in commands:
        listed = said(command).split("\nOptions:\n")[1].split("\nExamples:\n")[0]
        terms = [line.split("  ")[1] for line in listed.splitlines() if re.match(r"  -", line)]
        found[command] = {name for term in terms for name in OPTION.findall(term)} - {
            "-h",
            "--help",
        }
    return found


def of_man_page(page):
    found = {}
    command = None
    for line in page.read_text().splitlines():
        if section := re.match(r"\.Ss ([a-z]+)", line):
            command = section[1]
            found[command] = set()
        elif line.startswith(".Sh"):
            command = None
        elif command and line.startswith(".It Fl"):
            found[command] |= {"-" + name for name in re.findall(r"Fl (-?[A-Za-z][a-z-]*)", line)}
    return found


def of_completion(script):
    text = script.read_text()
    commands = re.search(r"local commands='([a-z ]+)'", text)[1].split()
    found = {}
    for command in commands:
        shell = f'source "{script}"; _longhaul_options {command}'
        words = subprocess.run(
            ["bash", "-c", shell], check=True, capture_output=True, text=True
        ).stdout.split()
        found[command] = set(words) - {"-h", "--help"}
    return found


def main():
    program, source = sys.argv[1], pathlib.Path(sys.argv[2])
    wanted = of_program(program)
    assert len(wanted) > 10 and "--wait" in wanted["get"], wanted
    wrong = []
    for place, found in (
        ("the man page", of_man_page(source / "docs/man/longhaul.1")),
        ("the bash completion", of_completion(source / "packaging/completions/longhaul")),
    ):
        for command in sorted(wanted.keys() | found.keys()):
            there, here = wanted.get(command), found.get(command)
            if there is None or here is None:
                wrong.append(f"{command} is {'only' if there is None else 'not'} in {place}")
                continue
            wrong += [f"{command} {option} is not in {place}" for option in sorted(there - here)]
            wrong += [f"{command} {option} is only in {place}" for option in sorted(here - there)]
    print("\n".join(wrong) or "help, man page and completion agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
