using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Replay;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;

namespace Mesh.Console.Api;

/// <summary>Parameters of lists: those that <see cref="ListQueries"/> reads.</summary>
public static class ApiParameters
{
    private static readonly ApiParameter Page = new("page", "integer", "Number of the page, from 1.", []);
    private static readonly ApiParameter PageSize = new("page_size", "integer", "Rows of a page, 1 to 200 (default: 100).", []);

    /// <summary>Of recordings.</summary>
    public static IReadOnlyList<ApiParameter> Recordings { get; } =
    [
        Text("q", "In the file name, the vehicle or the session; or the beginning of the ingest id."), Word<RecordingState>("state", "State."), Text("vehicle", "Pseudonym of the vehicle."),
        Time("from", "Accepted at or after."), Time("to", "Accepted before."), Sort<RecordingSort>(), Page, PageSize,
    ];

    /// <summary>Of vehicles.</summary>
    public static IReadOnlyList<ApiParameter> Vehicles { get; } = [Text("q", "In the pseudonym."), Sort<VehicleSort>(), Page, PageSize];

    /// <summary>Of products.</summary>
    public static IReadOnlyList<ApiParameter> Products { get; } =
        [Text("q", "In the name or the table."), Text("namespace", "Namespace of the table."), Sort<ProductSort>(), Page, PageSize];

    /// <summary>Of a filter of dead letters.</summary>
    public static IReadOnlyList<ApiParameter> LetterFilter { get; } =
    [
        Text("id", "Ids or beginnings of ids, between commas."), Text("stage", "Stage."), Text("code", "Code of the error."), Text("recording", "Ingest id or its beginning."),
        Text("vehicle", "Pseudonym of the vehicle."), Text("channel", "Channel."), Text("topology", "Topology."), Time("since", "Written at or after."), Time("until", "Written before."),
        Word<DeadLetterState>("state", "State."),
    ];

    /// <summary>Of dead letters.</summary>
    public static IReadOnlyList<ApiParameter> DeadLetters { get; } =
        [Text("q", "In the reason or the channel; or the beginning of the id."), .. LetterFilter, Sort<DeadLetterSort>(), Page, PageSize];

    /// <summary>Of jobs.</summary>
    public static IReadOnlyList<ApiParameter> Jobs { get; } =
    [
        Text("q", "In the id, the rule, the trainer, the model or the reason."), Word<JobState>("state", "State."), Word<JobKind>("kind", "What it does."), Text("pool", "Pool."),
        Text("team", "Team."), Text("model", "Model."), Sort<JobSort>(), Page, PageSize,
    ];

    /// <summary>Of versions of models.</summary>
    public static IReadOnlyList<ApiParameter> Models { get; } =
    [
        Text("q", "In the name, the trainer, the reason or the job."), Text("name", "Name."), Word<ModelState>("state", "Whether it passed the gates of its job."),
        Text("lifecycle", "State in the lifecycle."), Sort<ModelSort>(), Page, PageSize,
    ];

    /// <summary>Of runs.</summary>
    public static IReadOnlyList<ApiParameter> Runs { get; } =
    [
        Text("q", "In the name, the user or the experiment; or the beginning of the id."), Text("experiment", "Name of the experiment, else its id."), Word<RunStatus>("status", "Status."),
        Text("filter", "Conditions in MLflow's language."), Text("order_by", "Terms such as `metrics.accuracy DESC`, between commas; then the newest first."),
        new ApiParameter("deleted", "boolean", "Whether deleted runs are among them.", []), Page, PageSize,
    ];

    /// <summary>Of studies.</summary>
    public static IReadOnlyList<ApiParameter> Studies { get; } = [Text("q", "In the name or the reason."), Word<StudyState>("state", "State."), Sort<StudySort>(), Page, PageSize];

    /// <summary>Of replays.</summary>
    public static IReadOnlyList<ApiParameter> Replays { get; } =
    [
        Text("q", "In the id, the description or the topology."), Word<ReplayState>("state", "State."), Word<ReplayKind>("kind", "What it takes."), Text("topology", "Topology that decodes."),
        Sort<ReplaySort>(), Page, PageSize,
    ];

    /// <summary>Of the decision log.</summary>
    public static IReadOnlyList<ApiParameter> Decisions { get; } =
    [
        Text("q", "Anywhere in the entry."), Text("subject", "Subject."), Text("actor", "Who decided."), Word<DecisionKind>("kind", "What was decided."), Time("from", "Taken at or after."),
        Time("to", "Taken before."), InOrder, Page, PageSize,
    ];

    /// <summary>Of decisions of trigger rules.</summary>
    public static IReadOnlyList<ApiParameter> TriggerDecisions { get; } =
    [
        Text("q", "In the rule, the product or the reason."), Text("rule", "Rule."), Text("product", "Product."), Text("outcome", "Outcome."), Time("from", "Taken at or after."),
        Time("to", "Taken before."), InOrder, Page, PageSize,
    ];

    /// <summary>What the parameters do that many requests have.</summary>
    internal static IReadOnlyDictionary<string, string> Known { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["limit"] = "Most rows.",
        ["after"] = "Only what comes after: a snapshot id, or a place in the log.",
        ["at"] = "A snapshot id, a branch or a tag; the current snapshot otherwise.",
        ["where"] = "Condition on columns, such as `speed > 3 and vehicle_id = 'V1'`.",
        ["columns"] = "Top-level columns, between commas; all otherwise.",
        ["version"] = "Version; the current one otherwise.",
        ["offset"] = "Bytes to skip.",
        ["key"] = "Name of the metric.",
        ["count"] = "About how many values.",
        ["to"] = "State to move to.",
        ["anchor"] = "Place and hash of an entry that was noted elsewhere.",
        ["subject"] = "Subject.",
    };

    private static ApiParameter InOrder => new("sort", "string", "Order of the log; `-at`, the newest first, by default.", ["at", "-at"]);

    private static ApiParameter Text(string name, string description) => new(name, "string", description, []);

    private static ApiParameter Time(string name, string description) => new(name, "string", description + " Such as 2026-11-30 or 2026-11-30T08:00:00Z.", []);

    private static ApiParameter Word<T>(string name, string description)
        where T : struct, Enum => new(name, "string", description, [.. Enum.GetValues<T>().Select(ListParameters.WordOf)]);

    private static ApiParameter Sort<T>()
        where T : struct, Enum => new(
        "sort", "string", "What to sort by; after `-` the greatest first.", [.. Enum.GetValues<T>().SelectMany(sort => new[] { ListParameters.SortOf(sort, false), ListParameters.SortOf(sort, true) })]);
}
