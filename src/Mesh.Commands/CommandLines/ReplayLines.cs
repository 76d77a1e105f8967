using Mesh.Commands.Replay;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.CommandLines;

/// <summary>What is asked about replays, dead letters and versions of products, as command lines.</summary>
public static class ReplayLines
{
    /// <summary><c>mesh replay start</c>.</summary>
    public static CommandLine ToCommandLine(this RecordingReplayRequest request) => CommandLine.Of("replay", "start")
        .Option("--topology", request.Topology)
        .Options("--recording", request.Recordings)
        .Option("--vehicle", request.Vehicle)
        .Option("--since", LineText.Time(request.Since))
        .Option("--until", LineText.Time(request.Until))
        .Option("--rate", request.BytesPerSecond is { } rate ? LineText.Size(rate) + "/s" : null)
        .Option("--parallelism", request.Parallelism == 1 ? null : LineText.Number(request.Parallelism))
        .Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh deadletters replay</c>.</summary>
    public static CommandLine ToCommandLine(this LetterReplayRequest request) =>
        CommandLine.Of("deadletters", "replay").Meant(request.Filter).Option("--topology", request.Topology);

    /// <summary><c>mesh deadletters drop</c>; asks nothing, for the page that shows the line has asked.</summary>
    public static CommandLine ToCommandLine(this LetterDropRequest request) =>
        CommandLine.Of("deadletters", "drop").Meant(request.Filter).Option("--reason", request.Reason).Flag("--yes");

    /// <summary><c>mesh products switch</c>. Who asks is whoever runs the line.</summary>
    /// <param name="request">The request.</param>
    /// <param name="product">Name of the product.</param>
    public static CommandLine ToCommandLine(this ProductSwitchRequest request, string product) => CommandLine.Of("products", "switch")
        .Argument(product).Option("--to", LineText.Number(request.To)).Option("--reason", request.Reason.Length > 0 ? request.Reason : null);

    /// <summary><c>mesh replay pause|resume|stop</c>.</summary>
    /// <param name="id">Id of the replay.</param>
    /// <param name="to">Paused, running or stopped.</param>
    public static CommandLine Change(string id, ReplayState to) => CommandLine.Of("replay", to switch
    {
        ReplayState.Paused => "pause",
        ReplayState.Running => "resume",
        ReplayState.Stopped => "stop",
        _ => throw new ArgumentOutOfRangeException(nameof(to), to, "A replay is paused, resumed or stopped."),
    }).Argument(id);

    /// <summary><c>mesh deadletters list</c>.</summary>
    /// <param name="filter">Which letters.</param>
    /// <param name="limit">Most letters; null for the default.</param>
    public static CommandLine List(DeadLetterFilter filter, int? limit = null) => CommandLine.Of("deadletters", "list")
        .Filtered(filter).Option("--state", filter.State?.ToString().ToLowerInvariant()).Option("--limit", LineText.Number(limit));

    private static CommandLine Meant(this CommandLine line, DeadLetterFilter filter) => line.Arguments(filter.Ids).Filtered(filter);

    private static CommandLine Filtered(this CommandLine line, DeadLetterFilter filter) => line
        .Option("--stage", filter.Stage)
        .Option("--code", filter.Code)
        .Option("--recording", filter.Recording)
        .Option("--vehicle", filter.Vehicle)
        .Option("--channel", filter.Channel)
        .Option("--since", LineText.Time(filter.Since))
        .Option("--until", LineText.Time(filter.Until));
}
