using System.Globalization;
using Mesh.Commands.EventLog;
using Mesh.Commands.Replay;
using Mesh.Commands.Topologies;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.CommandLines;

/// <summary>The questions of the pages about topologies, topics, groups, dead letters and replays.</summary>
public sealed class FlowPageLines : IPageLines
{
    private FlowPageLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/topology";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } =
    [
        ListTopologies,
        ShowTopology("fleet-ingest", 2),
        ListTopics,
        DescribeTopic("fleet.uploads.v1"),
        Tail(new MessageQuery("-odd topic'$(x)") { From = "-20", Limit = 20 }),
        ShowSchema("fleet.uploads.v1-value"),
        ListGroups,
        DescribeGroup("mesh.ingest"),
        new OffsetResetRequest("it's mine", "fleet.uploads.v1", "0:17,1:4").ToCommandLine(),
        new OffsetResetRequest("audit", "fleet.uploads.v1", "earliest").ToCommandLine(),
        ReplayLines.List(new DeadLetterFilter { Stage = "decode", Code = "MESH10311", State = DeadLetterState.Open }),
        ShowLetter("3d46430ac37e"),
        SavePayload("3d46430ac37e", "payload.bin"),
        new LetterReplayRequest { Filter = new DeadLetterFilter { Stage = "decode" }, LeaveOut = true }.ToCommandLine(),
        ListReplays,
        ShowReplay("d0061b0e8a88"),
        TopologyLines.Apply(new TopologyRequest("fleet.yaml", "")),
    ];

    /// <summary><c>mesh topology list</c>.</summary>
    public static CommandLine ListTopologies => CommandLine.Of("topology", "list");

    /// <summary><c>mesh topics list</c>.</summary>
    public static CommandLine ListTopics => CommandLine.Of("topics", "list");

    /// <summary><c>mesh groups list</c>.</summary>
    public static CommandLine ListGroups => CommandLine.Of("groups", "list");

    /// <summary><c>mesh replay list</c>.</summary>
    public static CommandLine ListReplays => CommandLine.Of("replay", "list");

    /// <summary><c>mesh topology show</c>.</summary>
    public static CommandLine ShowTopology(string name, int version) =>
        CommandLine.Of("topology", "show").Argument(string.Create(CultureInfo.InvariantCulture, $"{name}@{version}"));

    /// <summary><c>mesh topics describe</c>.</summary>
    public static CommandLine DescribeTopic(string topic) => CommandLine.Of("topics", "describe").Argument(topic);

    /// <summary><c>mesh topics tail</c>; what a filter chooses is left to the reader's own tools.</summary>
    public static CommandLine Tail(MessageQuery query) => CommandLine.Of("topics", "tail").Argument(query.Topic)
        .Option("--from", query.From ?? (query.Before is { } before ? LineText.Number(Math.Max(0, before - query.Limit)) : "-" + LineText.Number(query.Limit)))
        .Option("--max", query.From is null && query.Before is null ? null : LineText.Number(query.Limit));

    /// <summary><c>mesh schemas show</c>.</summary>
    public static CommandLine ShowSchema(string subject) => CommandLine.Of("schemas", "show").Argument(subject);

    /// <summary><c>mesh groups describe</c>.</summary>
    public static CommandLine DescribeGroup(string group) => CommandLine.Of("groups", "describe").Argument(group);

    /// <summary><c>mesh deadletters show</c>.</summary>
    public static CommandLine ShowLetter(string id) => CommandLine.Of("deadletters", "show").Argument(id);

    /// <summary><c>mesh deadletters show --payload</c>.</summary>
    public static CommandLine SavePayload(string id, string file) => ShowLetter(id).Option("--payload", file);

    /// <summary><c>mesh replay show</c>.</summary>
    public static CommandLine ShowReplay(string id) => CommandLine.Of("replay", "show").Argument(id);
}
