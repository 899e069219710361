"""Installs the package, moves it, and builds a small project against it: through CMake and through pkg-config, with
both compilers. The last line is `N passed, N failed`."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "package"
COMPILERS = ("g++", "clang++")
CHECKED = "6 executions\n"
EXPLAINED = "3 operations on 1 keys: each can have happened at one instant of its call\n"
RECORDED = "10 written, 0 missing\n"
ANSWER = "sea 4, 7 * 7 = 49, setting 2\n"


class Failed(Exception):
    pass


def call(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    if done.returncode != 0:
        raise Failed(f"$ {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


class Installation:
    """The package in a folder that it was not installed into: what finds it must not hold an absolute path."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.prefix = self.folder / "moved"
        call("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_COMPILER=g++",
             "-DPORTOLAN_TESTS=OFF", "-DPORTOLAN_TOOLS=OFF", "-DCMAKE_INSTALL_LIBDIR=lib")
        call("cmake", "--build", BUILD)
        call("cmake", "--install", BUILD, "--prefix", self.folder / "first")
        (self.folder / "first").rename(self.prefix)

    def configure(self, name, *flags):
        build = self.folder / name
        call("cmake", "-S", HERE, "-B", build, "-G", "Ninja", *flags)
        return build

    def pkg_config(self, *words):
        package = [] if "portolan-observe" in words else ["portolan"]
        return call("pkg-config", *words, *package, PKG_CONFIG_PATH=str(self.prefix / "lib" / "pkgconfig"))

    def every_public_header_is_installed_and_nothing_else(self):
        installed = {str(p.relative_to(self.prefix / "include")) for p in (self.prefix / "include").rglob("*")
                     if p.is_file()}
        ours = {str(p.relative_to(ROOT)) for p in (ROOT / "portolan").rglob("*.hpp")}
        expect(installed == ours, f"installed and not ours, or ours and not installed: {sorted(installed ^ ours)}; "
                                  "look at the file set in cmake/PortolanCore.cmake")

    def a_project_finds_the_package(self, compiler):
        build = self.configure(f"guest_{compiler}", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DGUEST_COMPONENTS=core",
                               f"-DCMAKE_CXX_COMPILER={compiler}")
        call("cmake", "--build", build)
        expect(call(build / "guest") == ANSWER, "the guest built with CMake gives another answer")

    def pkg_config_is_enough(self, compiler):
        flags = self.pkg_config("--cflags", "--libs").split()
        program = self.folder / f"by_pkg_config_{compiler}"
        call(compiler, "-std=c++20", "-O1", HERE / "main.cpp", "-o", program, *flags)
        expect(call(program) == ANSWER, "the guest built with pkg-config gives another answer")

    def a_project_finds_the_component_observe(self):
        build = self.configure("recorder", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DGUEST_COMPONENTS=core;observe",
                               "-DCMAKE_CXX_COMPILER=g++")
        call("cmake", "--build", build)
        expect(call(build / "recorder", build / "trace.gz") == RECORDED, "the recorder built with CMake says otherwise")

    def a_project_finds_the_component_history(self):
        build = self.configure("historian", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DGUEST_COMPONENTS=core;history",
                               "-DCMAKE_CXX_COMPILER=g++")
        call("cmake", "--build", build)
        expect(call(build / "historian") == EXPLAINED, "the historian built with CMake says otherwise")

    def a_project_finds_the_component_prove(self):
        build = self.configure("checked", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DGUEST_COMPONENTS=core;prove",
                               "-DCMAKE_CXX_COMPILER=g++")
        call("cmake", "--build", build)
        expect(call(build / "checked") == CHECKED, "the checked program built with CMake says otherwise")

    def pkg_config_is_enough_for_the_component_observe(self):
        flags = self.pkg_config("--cflags", "--libs", "portolan-observe").split()
        program = self.folder / "recorder_by_pkg_config"
        call("g++", "-std=c++20", "-O1", HERE / "recorder.cpp", "-o", program, *flags)
        expect(call(program, self.folder / "trace.gz") == RECORDED, "the recorder built with pkg-config says otherwise")

    def pkg_config_and_the_project_agree_on_the_version(self):
        version = re.search(r"project\(portolan VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        expect(self.pkg_config("--modversion").strip() == version, "portolan.pc names another version")

    def an_unknown_component_is_refused_by_name(self):
        try:
            self.configure("lost", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DGUEST_COMPONENTS=core;submarine")
        except Failed as said:
            words = " ".join(str(said).split())
            expect("has no component 'submarine'; it has: core" in words, f"refused in other words:\n{said}")
            return
        raise Failed("find_package accepted the component `submarine`; look at cmake/portolanConfig.cmake.in")

    def a_checkout_inside_a_project_brings_only_the_library(self):
        build = self.configure("subproject", f"-DPORTOLAN_TREE={ROOT}", "-DCMAKE_CXX_COMPILER=g++")
        targets = call("cmake", "--build", build, "--target", "help")
        expect("portolan_tool" not in targets and "unit." not in targets, "a subproject builds tests or tools")
        call("cmake", "--build", build)
        expect(call(build / "guest") == ANSWER, "the guest built beside a checkout gives another answer")

    def the_examples_are_a_project_of_their_own(self):
        build = self.folder / "examples"
        call("cmake", "-S", ROOT / "examples", "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
             "-DCMAKE_CXX_COMPILER=g++")
        call("cmake", "--build", build)
        programs = sorted(path for path in build.iterdir() if path.is_file() and os.access(path, os.X_OK))
        expect(len(programs) >= 5, f"only {len(programs)} examples were built; look at examples/CMakeLists.txt")
        for program in programs:
            call(program)


def cases(installation):
    yield "every_public_header_is_installed_and_nothing_else", ()
    for compiler in COMPILERS:
        yield "a_project_finds_the_package", (compiler,)
        yield "pkg_config_is_enough", (compiler,)
    yield "a_project_finds_the_component_history", ()
    yield "a_project_finds_the_component_observe", ()
    yield "a_project_finds_the_component_prove", ()
    yield "pkg_config_is_enough_for_the_component_observe", ()
    yield "pkg_config_and_the_project_agree_on_the_version", ()
    yield "an_unknown_component_is_refused_by_name", ()
    yield "a_checkout_inside_a_project_brings_only_the_library", ()
    yield "the_examples_are_a_project_of_their_own", ()


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            installation = Installation(folder)
        except Failed as why:
            print(f"FAILED to install\n{why}\n0 passed, 1 failed")
            return 1

        def said_of(case):
            name, arguments = case
            try:
                getattr(installation, name)(*arguments)
                return True, f"ok     {' '.join((name, *arguments))}"
            except Failed as why:
                return False, f"FAILED {' '.join((name, *arguments))}\n{why}"

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for good, said in pool.map(said_of, cases(installation)):
                passed, failed = passed + good, failed + (not good)
                print(said)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
