using System.CommandLine;
using Mesh.Training.Reference;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh trainer builtin/manoeuvre</c>: the process that a job runs; not meant for people, hence hidden.</summary>
internal static class TrainerCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("TRAINER") { Description = "builtin/manoeuvre." };
        name.AcceptOnlyFromAmong("builtin/manoeuvre");
        var command = new Command("trainer", "Run a built-in trainer under the mesh.job/v1 contract (MESH_JOB_SPEC and the other variables are set by the runner).") { name };
        command.Hidden = true;
        command.SetAction((_, cancellationToken) => ManoeuvreTrainer.RunAsync(Terminal.Out, TimeProvider.System, cancellationToken));
        return command;
    }
}
