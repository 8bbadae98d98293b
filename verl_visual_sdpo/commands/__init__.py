"""The subcommands of ``visual-sdpo``.

To add one: write ``commands/NAME.py`` with

    def add_parser(subparsers) -> argparse.ArgumentParser     # options, help, an example in the epilog
    def run(arguments: argparse.Namespace) -> int             # the exit status

and put the module into ``COMMANDS``. ``add_parser`` runs for every call of the program, so import anything heavier than
the standard library inside ``run``. What a user can mend is raised as InvalidInputError; ``cli.main`` prints it.
"""

from verl_visual_sdpo.commands import bench, doctor, eval, inspect, prepare, report, score

COMMANDS = (inspect, score, prepare, report, eval, bench, doctor)
