"""docker/run and the lists of packages: the choice of a route, signals, builds, no drift."""

import importlib.util
import itertools
import os
import re
import signal
import subprocess
import textwrap
import time
import tomllib
from pathlib import Path

import pytest
from supervised import is_running, supervised

CLONE = Path(__file__).resolve().parents[2]
RUN = CLONE / "docker" / "run"
COMMON = CLONE / "docker" / "lib" / "common.sh"
PROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]


def tool(folder, name, body):
    """Put an executable in a folder that goes first on PATH."""
    path = folder / name
    path.write_text("#!/bin/bash\n" + textwrap.dedent(body))
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """Return a runner on a machine whose python3 has no DOLFINx, with no engine that answers."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python3.12", "python3.13", "python3.14"):
        tool(tools, name, "exit 3")
    for name in ("docker", "podman"):
        tool(tools, name, "echo 'Cannot connect to the daemon' >&2; exit 1")
    cache = tmp_path / "cache"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("THERMOSIM")}
    base = {**clean, "PATH": f"{tools}:/usr/bin:/bin", "XDG_CACHE_HOME": str(cache)}

    def run(*command, **variables):
        return subprocess.run(
            [RUN, *command], env={**base, **variables}, cwd=tmp_path, capture_output=True, text=True
        )

    run.tools, run.cache, run.folder = tools, cache, tmp_path
    return run


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"THERMOSIM_SUITE": "bullseye"}, "must be trixie or sid"),
        ({"THERMOSIM_ENV": "conda"}, "must be host, wheels, docker, podman or bwrap"),
        ({"THERMOSIM_ENV": "host"}, "python3 has no DOLFINx"),
        ({"THERMOSIM_ENV": "docker"}, "try 'docker info'"),
        ({"XDG_CACHE_HOME": "/proc/nowhere", "THERMOSIM_ENV": "bwrap"}, "XDG_CACHE_HOME"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(machine, variables, words):
    for name in ("mmdebstrap", "bwrap", "newuidmap"):
        tool(machine.tools, name, "exit 0")
    done = machine("true", **variables)
    assert done.returncode == 125
    assert words in done.stderr.splitlines()[-1]


def test_no_command_shows_the_usage(machine):
    done = machine()
    assert done.returncode == 2
    assert "THERMOSIM_ENV=host|wheels|docker|podman|bwrap" in done.stderr


def test_a_host_with_dolfinx_is_used_as_it_is(machine):
    tool(machine.tools, "python3", "exit 0")
    done = machine("sh", "-c", "echo $PYTHONPATH $THERMOSIM_ROUTE $PWD; exit 7", PYTHONPATH="/mine")
    assert done.returncode == 7
    assert done.stdout.split() == [f"{CLONE}:/mine", "host", str(machine.folder)]
    assert done.stderr.count("\n") == 1
    assert "it has DOLFINx" in done.stderr


def test_quiet_says_nothing(machine):
    tool(machine.tools, "python3", "exit 0")
    assert machine("true", THERMOSIM_QUIET="1").stderr == ""


def test_an_old_dolfinx_is_not_used(machine):
    tool(machine.tools, "python3", "echo 0.5.2; exit 4")
    done = machine("true", THERMOSIM_ENV="host")
    assert "the DOLFINx 0.5.2 of python3 is older than 0.9" in done.stderr


def pretend_pip(machine, pieces="exit 0", uv="echo uv $@ >>$calls", settings=""):
    """Give the machine a Python that lacks DOLFINx, but for which there are wheels."""
    tool(machine.tools, "uv", f"calls={machine.folder}/calls; {uv}")
    tool(machine.tools, "python3", rf"""
        calls={machine.folder}/calls
        case "$1 $2" in
            *requirements.py\ --missing) exit 3 ;;
            *pieces.py*) {pieces} ;;
            "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python3"; echo "$@" >>$calls ;;
            "-m pip") [ "$3" != config ] || {{ echo "{settings}"; exit; }}; echo "$@" >>$calls ;;
            *) ;;
        esac
    """)  # fmt: skip


def test_wheels_are_taken_where_python_and_glibc_serve(machine):
    pretend_pip(machine)
    done = machine("sh", "-c", "echo $THERMOSIM_ROUTE $UCX_TLS; command -v python3")
    assert done.returncode == 0, done.stderr
    route, python = done.stdout.splitlines()
    assert route == "wheels self,sm,tcp"
    assert re.fullmatch(
        rf"{machine.cache}/thermosim/wheels-[0-9a-f]{{10}}\.venv/bin/python3", python
    )
    assert "using the wheels in" in done.stderr
    assert "python3 has no DOLFINx; python3 serves them" in done.stderr
    calls = (machine.folder / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert calls[1].startswith("uv pip install --python")
    assert "--constraint" in calls[1]
    assert machine("true").returncode == 0
    assert len((machine.folder / "calls").read_text().splitlines()) == 2, "made once"


@pytest.mark.parametrize(
    "unlike",
    [{"uv": "exit 1"}, {"settings": "global.index-url='https://packages.site'"}],
)
def test_pip_installs_the_wheels_where_uv_cannot(machine, unlike):
    pretend_pip(machine, **unlike)
    assert machine("true").returncode == 0
    venv, install = (machine.folder / "calls").read_text().splitlines()
    assert venv.startswith("-m venv")
    assert install.startswith("-m pip install --no-compile --constraint")


def test_a_machine_without_wheels_says_why_and_goes_on(machine):
    pretend_pip(machine, "echo the wheels need glibc 2.34 >&2; exit 1")
    tool(machine.tools, "docker", "case $1 in info | image) ;; run) exit 9 ;; esac")
    done = machine("true")
    assert done.returncode == 9
    assert "python3 has no DOLFINx; the wheels need glibc 2.34; docker answers" in done.stderr
    forced = machine("true", THERMOSIM_ENV="wheels")
    assert forced.returncode == 125
    assert "THERMOSIM_ENV=wheels, but the wheels need glibc 2.34" in forced.stderr


def test_what_the_wheels_lack_is_one_command(machine):
    """Without root it is printed; the engine serves meanwhile, where there is one."""
    pretend_pip(machine, "echo sudo apt-get install gcc libglu1-mesa")
    forced = machine("true", THERMOSIM_ENV="wheels")
    assert forced.returncode == 125
    assert "the wheels need:  sudo apt-get install gcc libglu1-mesa" in forced.stderr
    tool(machine.tools, "podman", "case $1 in info | image) ;; run) exit 9 ;; esac")
    assert machine("true").returncode == 9


def test_root_gets_what_the_wheels_lack(machine):
    pretend_pip(machine, "echo apt-get install gcc libglu1-mesa")
    tool(machine.tools, "apt-get", f'echo apt "$@" >>{machine.folder}/calls')
    done = machine("true")
    assert done.returncode == 0, done.stderr
    calls = (machine.folder / "calls").read_text().splitlines()
    assert calls[0] == "apt update -qq"
    assert calls[1].startswith("apt install")
    assert calls[1].endswith(" gcc libglu1-mesa")


def test_words_of_apt_are_shown_when_it_fails(machine):
    pretend_pip(machine, "echo apt-get install gcc")
    tool(machine.tools, "apt-get", "echo unpacking; [ $1 = update ] || exit $STATUS")
    done = machine("true", STATUS="0")
    assert done.returncode == 0, done.stderr
    assert "unpacking" not in done.stderr
    assert "running: apt-get install gcc" in done.stderr
    for marker in (machine.cache / "thermosim").glob("wheels-*/.complete"):
        marker.unlink()
    failed = machine("true", STATUS="100", THERMOSIM_ENV="wheels")
    assert failed.returncode == 125
    assert "unpacking" in failed.stderr
    assert "the wheels need:  apt-get install gcc" in failed.stderr


def test_what_the_user_sets_stays(machine):
    tool(machine.tools, "python3", "exit 0")
    done = machine("sh", "-c", "echo $OMP_NUM_THREADS", OMP_NUM_THREADS="5")
    assert done.stdout == "5\n"


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_an_engine_that_answers_runs_the_image(machine, engine):
    tool(
        machine.tools,
        engine,
        'case $1 in info | image) ;; run) printf "%s\\n" "$@"; exit 9 ;; esac',
    )
    done = machine("thermosim", "run", "a case.toml")
    options = done.stdout.splitlines()
    assert done.returncode == 9
    assert options[-3:] == ["thermosim", "run", "a case.toml"]
    assert re.fullmatch(r"thermosim-env:trixie-[0-9a-f]{10}", options[-4])
    for folder in (CLONE, machine.folder, os.environ["HOME"]):
        assert options[options.index(f"{folder}:{folder}") - 1] == "--volume"
    assert "no DOLFINx" in done.stderr
    assert f"{engine} answers" in done.stderr


def test_the_image_is_built_when_missing_and_a_failure_shows_its_log(machine):
    body = 'case $1 in info) ;; image) exit 1 ;; build) echo "no space left"; exit 1 ;; esac'
    tool(machine.tools, "docker", body)
    done = machine("true")
    assert done.returncode == 125
    assert "no space left" in done.stderr


def test_without_root_the_missing_tools_are_named(machine):
    tool(machine.tools, "id", "echo 1000")
    for name in ("apt-get", "newuidmap", "bwrap"):
        tool(machine.tools, name, "exit 0")
    hidden = f"{machine.tools}:{machine.folder / 'few'}"
    few = machine.folder / "few"
    few.mkdir()
    for name in ("bash", "env", "readlink", "dirname", "sed", "grep", "sha256sum", "cut", "mkdir",
                 "df", "awk", "cat", "timeout", "paste"):  # fmt: skip
        (few / name).symlink_to(f"/usr/bin/{name}")
    done = machine("true", PATH=hidden)
    assert done.returncode == 125
    assert "sudo apt-get install mmdebstrap" in done.stderr


def test_root_gets_the_missing_tools_installed(machine):
    few = machine.folder / "few"
    few.mkdir()
    for name in ("bash", "env", "readlink", "dirname", "sed", "grep", "sha256sum", "cut", "mkdir",
                 "df", "awk", "cat", "timeout", "paste", "rm", "cp", "flock", "touch", "sleep",
                 "tail", "tr", "mv", "chmod"):  # fmt: skip
        (few / name).symlink_to(f"/usr/bin/{name}")
    tool(machine.tools, "id", "echo 0")
    tool(machine.tools, "bwrap", "exit 0")
    install = f"""
        echo "$@" >>{machine.folder}/calls
        printf '#!/bin/bash\necho the mirror is gone; exit 1\n' >{machine.tools}/mmdebstrap
        chmod +x {machine.tools}/mmdebstrap
    """
    tool(machine.tools, "apt-get", install)
    done = machine("true", PATH=f"{machine.tools}:{few}")
    calls = (machine.folder / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["update", "install"]
    assert "mmdebstrap" in calls[1]
    assert "the mirror is gone" in done.stderr
    assert done.returncode == 125


def test_too_little_disk_is_told_before(machine):
    for name in ("mmdebstrap", "bwrap", "newuidmap"):
        tool(machine.tools, name, "exit 0")
    tool(machine.tools, "df", "echo header; echo disk 9 9 1000000 9 /")
    done = machine("true")
    assert done.returncode == 125
    assert "needs 5 GB" in done.stderr


def bash(script, **options):
    """Start a script that has the functions of the launcher."""
    head = f"set -euo pipefail; . {COMMON}\n"
    return subprocess.Popen(
        ["bash", "-c", head + textwrap.dedent(script)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def test_two_builders_make_a_thing_once(tmp_path):
    script = f"""
        make() {{ sleep 0.5; echo made >>{tmp_path}/made; touch "$1/file"; }}
        build_once {tmp_path}/thing "a thing" make; ls {tmp_path}/thing
    """
    both = [bash(script), bash(script)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [out for out, _ in outputs] == ["file\n", "file\n"]
    assert (tmp_path / "made").read_text() == "made\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_interrupted_build_is_not_used_but_made_again(tmp_path, number, status):
    script = f"""
        make() {{ touch "$1/half"; touch {tmp_path}/started; sleep "$SLEEP"; touch "$1/whole"; }}
        build_once {tmp_path}/thing "a thing" make
    """
    first = bash(script, env={**os.environ, "SLEEP": "2"})
    deadline = time.monotonic() + 120
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(number)
    first.communicate(timeout=120)
    assert first.returncode == status
    assert not (tmp_path / "thing").exists()
    second = bash(script, env={**os.environ, "SLEEP": "0"})
    _, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert (tmp_path / "thing" / "whole").exists()


def test_a_failed_build_ends_the_launcher_with_its_last_words(tmp_path):
    process = bash(f"""
        make() {{ echo "the mirror is gone"; false; echo never; }}
        build_once {tmp_path}/thing "a thing" make; echo used
    """)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (125, "")
    assert "the mirror is gone" in errors
    assert "never" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_reach_the_command_and_its_status_comes_back(number):
    trap = f"trap 'echo caught; exit 42' {number.value}"
    script = trap + "; echo up; for i in {1..200}; do sleep 0.1; done"
    process = supervised("bash", "-c", script)
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=120)
    assert (out, process.returncode) == ("caught\n", 42)


@pytest.mark.parametrize(("script", "status"), [("exit 5", 5), ("kill -9 $$", 137)])
def test_the_exit_status_comes_back(script, status):
    process = supervised("bash", "-c", script)
    process.communicate(timeout=120)
    assert process.returncode == status


def test_a_killed_launcher_takes_all_along():
    """Also what COMMAND started in the background, in a session of its own."""
    process = supervised("bash", "-c", "setsid sleep 600 & echo $! $$; sleep 600")
    pids = [int(word) for word in process.stdout.readline().split()]
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in pids)


def test_a_killed_client_of_an_engine_takes_its_container_along(machine):
    calls = machine.folder / "calls"
    tool(
        machine.tools,
        "docker",
        f'case $1 in info | image) ;; run) kill -9 $$ ;; rm) echo "$@" >>{calls} ;; esac',
    )
    assert machine("true").returncode == -9
    deadline = time.monotonic() + 60
    while not calls.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert re.fullmatch(r"rm --force thermosim-\d+-\d+\n", calls.read_text())


def test_nothing_is_written_beside_the_folders_shown(machine):
    tool(machine.tools, "docker", 'case $1 in info | image) ;; run) printf "%s\\n" "$@" ;; esac')
    assert "--read-only" in machine("true").stdout.splitlines()
    userland = (CLONE / "docker" / "lib" / "userland.sh").read_text()
    assert "--remount-ro /" in userland


def test_a_folder_that_is_not_shown_is_refused_before_anything_runs(tmp_path):
    """In the userland /new_folder would be gone at the end; on other routes there is none."""
    if os.environ.get("THERMOSIM_ROUTE") != "bwrap":
        pytest.skip("only the userland has a root folder of its own")
    case = CLONE / "cases" / "yamada2024_radiation_limited.toml"
    done = subprocess.run(
        [CLONE / "docker" / "bin" / "thermosim", "run", case, "-o", "/new_folder"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "/new_folder: cannot be written: read-only" in done.stderr
    assert "mesh" not in done.stderr


def test_a_home_that_is_not_set_is_looked_up(machine):
    tool(machine.tools, "python3", "exit 0")
    tool(machine.tools, "getent", "echo me:x:1:1::/home/me:/bin/sh")
    done = machine("sh", "-c", "echo $HOME", HOME="")
    assert done.stdout == "/home/me\n"
    tool(machine.tools, "getent", "exit 2")
    done = machine("true", HOME="")
    assert done.returncode == 125
    assert "HOME is not set" in done.stderr


def test_a_cache_that_everybody_may_write_to_is_not_used(machine):
    tool(machine.tools, "python3", "exit 0")
    (machine.cache / "thermosim").mkdir(parents=True)
    (machine.cache / "thermosim").chmod(0o777)
    done = machine("true")
    assert done.returncode == 125
    assert "chmod o-w" in done.stderr


def test_a_clone_whose_path_has_a_colon_is_refused(machine):
    odd = machine.folder / "a:b"
    (odd / "docker").mkdir(parents=True)
    (odd / "docker" / "lib").symlink_to(CLONE / "docker" / "lib")
    (odd / "docker" / "run").write_bytes(RUN.read_bytes())
    done = subprocess.run(
        ["bash", odd / "docker" / "run", "true"], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 125
    assert "has a colon" in done.stderr


@pytest.fixture(scope="module")
def lists():
    """Return docker/requirements.py as a module."""
    spec = importlib.util.spec_from_file_location("lists", CLONE / "docker" / "requirements.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pip_is_asked_for_the_core_and_every_extra(lists):
    extras = dict(PROJECT["optional-dependencies"])
    everything = [*PROJECT["dependencies"], *itertools.chain(*extras.values())]
    assert sorted(lists.requirements(wheels=True)) == sorted(everything)
    wheels = extras.pop("fem")
    assert any("dolfinx-solver-real" in line for line in wheels)
    assert sorted([*lists.requirements(wheels=False), *wheels]) == sorted(everything)


def names(lines):
    """Return normalised names and lower bounds of requirement lines."""
    pairs = (re.match(r"([\w.-]+)(?:>=([\d.]+))?", line).groups() for line in lines)
    return {re.sub(r"[-_.]+", "-", name).lower(): bound for name, bound in pairs}


def test_the_conda_environment_does_not_drift_from_the_list():
    lines = re.findall(r"^ +- ([\w.-]+.*)$", (CLONE / "environment.yml").read_text(), re.MULTILINE)
    conda = names(line for line in lines if not line.startswith(("petsc", "pip:")))
    conda["matplotlib"] = conda.pop("matplotlib-base")
    conda["dask"] = conda.pop("dask-core")
    extras = PROJECT["optional-dependencies"]
    ours = names([*PROJECT["dependencies"], *itertools.chain(*extras.values())])
    ours = {
        name: bound for name, bound in ours.items() if name not in ("dolfinx-solver-real", "gmsh")
    }
    only_conda = {"python", "fenics-dolfinx", "openmpi", "python-gmsh", "c-compiler", "pip"}
    assert {name: conda.get(name) for name in ours} == ours
    assert set(conda) - set(ours) - {"conda-forge"} <= only_conda | {"shellcheck", "make", "git"}
    assert "python" in conda
    assert f">={conda['python']}" == PROJECT["requires-python"]


def test_every_wheel_is_locked(lists):
    pinned = names(lists.locked())
    assert len(pinned) == len(lists.locked()), "one version each, or pip cannot take them"
    ours = names(
        [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]
    )
    assert set(ours) <= set(pinned)


def test_every_package_that_pip_adds_on_trixie_is_pinned():
    pinned = names((CLONE / "docker" / "constraints-trixie.txt").read_text().splitlines()[1:])
    extras = PROJECT["optional-dependencies"]
    ours = names([*PROJECT["dependencies"], *itertools.chain(*extras.values())])
    ours = {
        name: bound for name, bound in ours.items() if name not in ("dolfinx-solver-real", "gmsh")
    }
    assert set(ours) - set(pinned) == {"numpy", "scipy"}, "Debian's own serve for these two only"


def test_the_image_and_the_userland_read_the_same_lists():
    debian = (CLONE / "docker" / "packages-debian.txt").read_text().splitlines()
    packages = [line for line in debian if not line.startswith("#")]
    assert packages == [line.strip() for line in packages if line.strip()]
    assert {"python3-dolfinx-real", "python3-gmsh", "python3-venv", "g++"} <= set(packages)
    image = (CLONE / "docker" / "Dockerfile").read_text()
    userland = (CLONE / "docker" / "lib" / "userland.sh").read_text()
    for name in ("requirements.py", "packages-debian.txt"):
        assert name in image
    assert "requirements.py" in userland
    assert not re.search(r"apt-get install[^\n]* python3-", image), "packages stand in the list"


def test_the_image_sets_what_the_launcher_sets():
    launcher = (CLONE / "docker" / "lib" / "environment.sh").read_text()
    image = (CLONE / "docker" / "Dockerfile").read_text()
    set_by_launcher = dict(re.findall(r"^ +default ([A-Z]\w+) (\S+)$", launcher, re.MULTILINE))
    del set_by_launcher["OMPI_MCA_rmaps_base_oversubscribe"]  # older than the image's Open MPI
    set_by_launcher["OMPI_MCA_btl"] = "self,sm"
    assert len(set_by_launcher) >= 5
    for name, value in set_by_launcher.items():
        assert f"{name}={value}" in image
