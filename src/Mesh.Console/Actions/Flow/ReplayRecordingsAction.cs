using System.Globalization;
using Mesh.Commands.CommandLines;
using Mesh.Commands.Replay;
using Mesh.Console.Actions;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages.Flow;
using Mesh.Model;

namespace Mesh.Console.Actions.Flow;

/// <summary>Takes whole recordings through a topology version, into tables of its own.</summary>
public sealed class ReplayRecordingsAction(ConsoleServices services) : ConsoleAction("replay-recordings", "Replay recordings")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("topology", "Topology") { IsRequired = true, Hint = "NAME or NAME@V. What this version has already is left out." },
        new("recording", "Recordings") { Hint = "Ids or their beginnings, separated by blanks. Empty: all." },
        new("vehicle", "Vehicle") { Hint = "Only recordings of this vehicle." },
        new("since", "Logged since") { Hint = "Recordings with messages logged at or after, such as 2026-11-30T08:00Z." },
        new("until", "Logged until") { Hint = "Recordings with messages logged before." },
        new("rate", "Bytes per second at most") { Hint = "Such as 50MiB/s. Empty: no limit; live uploads go first anyway." },
        new("parallelism", "Recordings at a time") { Hint = "1 to 64; empty for one." },
    ];

    /// <inheritdoc/>
    public override async Task<FormFields> PrefillAsync(FormFields fields, CancellationToken cancellationToken)
    {
        if (fields.Text("topology") is not null) return fields;
        var active = (await services.Topologies.ListAsync(cancellationToken).ConfigureAwait(false)).Where(topology => topology.State == "active").ToList();
        return active.Count == 1 ? fields.With(("topology", $"{active[0].Name}@{active[0].Version}")) : fields;
    }

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var request = RequestOf(fields);
        var report = await services.Replays.StartAsync(request with { DryRun = true }, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Replay {FlowText.Count(report.Recordings, "recording")} through {report.Topology}", request.ToCommandLine())
        {
            Facts =
            [
                ("Recordings", Format.Count(report.Recordings)), ("Bytes read", Format.Bytes(report.Bytes)), ("Through", report.Topology), ("In it already", Format.Count(report.AlreadyThere)),
                ("Deleted by retention", Format.Count(report.Gone)), ("Without a known time", Format.Count(report.WithoutTimes)),
            ],
            Warnings = report.Gone > 0 ? [$"{FlowText.Count(report.Gone, "recording")} cannot be read again: retention has deleted them."] : [],
            Verb = $"Replay {FlowText.Count(report.Recordings, "recording")}",
            Obstacle = report.Recordings > 0 ? null : "There is nothing to replay: no recording matches that this version does not have and that can be read again.",
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        var report = await services.Replays.StartAsync(RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return report.Replay is { } replay
            ? new ActionOutcome($"Replay {replay.Id} has begun: {FlowText.Count(report.Recordings, "recording")} through {report.Topology}.", $"/replays/{replay.Id}")
            : new ActionOutcome("There was nothing left to replay.", "/replays");
    }

    private static RecordingReplayRequest RequestOf(FormFields fields) => new()
    {
        Topology = fields.Text("topology") ?? "",
        Recordings = fields.Texts("recording").SelectMany(text => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)).ToList() is { Count: > 0 } ids ? ids : null,
        Vehicle = fields.Text("vehicle"),
        Since = Time(fields, "since"),
        Until = Time(fields, "until"),
        BytesPerSecond = Rate(fields.Text("rate")),
        Parallelism = (int)Math.Clamp(fields.Number("parallelism") ?? 1, 0, int.MaxValue),
    };

    private static DateTimeOffset? Time(FormFields fields, string name) => fields.Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new MeshException("MESH13003", $"'{name}' is '{text}', but should be a time such as 2026-11-30T08:00Z.");

    private static long? Rate(string? text)
    {
        if (text is null) return null;
        string size = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
        return ByteSizeText.TryParse(size, out long bytes) && bytes > 0 ? bytes : throw new MeshException("MESH13003", $"'rate' is '{text}', but should be a size per second such as 50MiB/s.");
    }
}
