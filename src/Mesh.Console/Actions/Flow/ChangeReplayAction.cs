using Mesh.Commands.CommandLines;
using Mesh.Commands.Replay;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Model;

namespace Mesh.Console.Actions.Flow;

/// <summary>Pauses, resumes or stops a replay.</summary>
public sealed class ChangeReplayAction(ConsoleServices services) : ConsoleAction("change-replay", "Change a replay")
{
    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var to = StateOf(fields);
        var replay = await FindAsync(fields, cancellationToken).ConfigureAwait(false);
        bool isPossible = to switch
        {
            ReplayState.Paused => replay.State == ReplayState.Running,
            ReplayState.Running => replay.State == ReplayState.Paused,
            _ => replay.State is ReplayState.Running or ReplayState.Paused,
        };
        return new ActionPlan($"{VerbOf(to)} replay {replay.Id}", ReplayLines.Change(replay.Id, to))
        {
            Facts = [("Replay", replay.Description), ("State now", replay.State.ToString().ToLowerInvariant()), ("Recordings", Format.Count(replay.Total))],
            Warnings = to switch
            {
                ReplayState.Stopped => ["What it has done stays. What it has not got to is left as it is: its dead letters are open again. A stopped replay cannot go on; start a new one."],
                ReplayState.Paused => ["A recording under way is finished first."],
                _ => [],
            },
            Verb = VerbOf(to),
            IsDestructive = to == ReplayState.Stopped,
            Obstacle = isPossible ? null : $"It is {replay.State.ToString().ToLowerInvariant()}.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var replay = await services.Replays.ChangeAsync(fields.Text("id") ?? "", StateOf(fields), cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Replay {replay.Id} is {replay.State.ToString().ToLowerInvariant()}.", $"/replays/{replay.Id}");
    }

    private async Task<ReplayEntry> FindAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string id = fields.Text("id") ?? "";
        return (await services.Queries.FindReplayAsync(id, cancellationToken).ConfigureAwait(false))?.Replay ?? throw new MeshException("MESH2367", $"There is no replay '{id}'. `mesh replay list` shows them.");
    }

    private static ReplayState StateOf(FormFields fields) => fields.Text("to") switch
    {
        "pause" => ReplayState.Paused,
        "resume" => ReplayState.Running,
        "stop" => ReplayState.Stopped,
        var other => throw new MeshException("MESH13003", $"'to' is '{other}', but should be pause, resume or stop."),
    };

    private static string VerbOf(ReplayState to) => to switch { ReplayState.Paused => "Pause", ReplayState.Running => "Resume", _ => "Stop" };
}
