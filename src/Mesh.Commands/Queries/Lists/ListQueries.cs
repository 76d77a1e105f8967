using System.Globalization;
using Mesh.Commands.Replay;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;
using Mesh.Trigger;

namespace Mesh.Commands.Queries.Lists;

/// <summary>
/// Queries of lists as URLs have them: <c>Recordings(parameters)</c> reads one and <c>TextOf(query)</c> writes it, so that a page, the API and a
/// client understand the same text. What is as by default is not written.
/// </summary>
/// <remarks>Reading fails with <c>MESH11093</c> when a value is none.</remarks>
public static class ListQueries
{
    /// <summary><c>q, state, vehicle, from, to, sort, page, page_size</c>.</summary>
    public static RecordingQuery Recordings(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(RecordingSort.Accepted);
        return new RecordingQuery
        {
            Text = parameters.Text("q"), State = parameters.Word<RecordingState>("state"), Vehicle = parameters.Text("vehicle"), From = parameters.Time("from"), To = parameters.Time("to"),
            Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize,
        };
    }

    /// <inheritdoc cref="Recordings"/>
    public static string TextOf(RecordingQuery query) => Join(
        query, ("q", query.Text), ("state", Word(query.State)), ("vehicle", query.Vehicle), ("from", Time(query.From)), ("to", Time(query.To)), ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, sort, page, page_size</c>.</summary>
    public static VehicleQuery Vehicles(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(VehicleSort.LastUpload);
        return new VehicleQuery { Text = parameters.Text("q"), Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize };
    }

    /// <inheritdoc cref="Vehicles"/>
    public static string TextOf(VehicleQuery query) => Join(query, ("q", query.Text), ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, namespace, sort, page, page_size</c>.</summary>
    public static ProductQuery Products(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(ProductSort.Name, descending: false);
        return new ProductQuery
        {
            Text = parameters.Text("q"), Namespace = parameters.Text("namespace"), Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize,
        };
    }

    /// <inheritdoc cref="Products"/>
    public static string TextOf(ProductQuery query) => Join(query, ("q", query.Text), ("namespace", query.Namespace), ("sort", Sort(query.Sort, query.Descending, false)));

    /// <summary><c>q, id, stage, code, recording, vehicle, channel, topology, since, until, state, sort, page, page_size</c>.</summary>
    public static DeadLetterQuery DeadLetters(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(DeadLetterSort.Created);
        return new DeadLetterQuery { Text = parameters.Text("q"), Filter = Filter(parameters), Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize };
    }

    /// <inheritdoc cref="DeadLetters"/>
    public static string TextOf(DeadLetterQuery query) => Join(query, [("q", query.Text), .. Pairs(query.Filter), ("sort", Sort(query.Sort, query.Descending, true))]);

    /// <summary><c>id, stage, code, recording, vehicle, channel, topology, since, until, state</c>.</summary>
    public static DeadLetterFilter Filter(ListParameters parameters) => new()
    {
        Ids = parameters.Text("id")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), Stage = parameters.Text("stage"), Code = parameters.Text("code"),
        Recording = parameters.Text("recording"), Vehicle = parameters.Text("vehicle"), Channel = parameters.Text("channel"), Topology = parameters.Text("topology"),
        Since = parameters.Time("since"), Until = parameters.Time("until"), State = parameters.Word<DeadLetterState>("state"),
    };

    /// <inheritdoc cref="Filter"/>
    public static IReadOnlyList<(string Name, string? Value)> Pairs(DeadLetterFilter filter) =>
    [
        ("id", filter.Ids is { Count: > 0 } ids ? string.Join(',', ids) : null), ("stage", filter.Stage), ("code", filter.Code), ("recording", filter.Recording), ("vehicle", filter.Vehicle),
        ("channel", filter.Channel), ("topology", filter.Topology), ("since", Time(filter.Since)), ("until", Time(filter.Until)), ("state", Word(filter.State)),
    ];

    /// <summary><c>q, state, kind, pool, team, model, sort, page, page_size</c>.</summary>
    public static JobQuery Jobs(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(JobSort.Requested);
        return new JobQuery
        {
            Text = parameters.Text("q"), State = parameters.Word<JobState>("state"), Kind = parameters.Word<JobKind>("kind"), Pool = parameters.Text("pool"), Team = parameters.Text("team"),
            Model = parameters.Text("model"), Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize,
        };
    }

    /// <inheritdoc cref="Jobs"/>
    public static string TextOf(JobQuery query) => Join(
        query, ("q", query.Text), ("state", Word(query.State)), ("kind", Word(query.Kind)), ("pool", query.Pool), ("team", query.Team), ("model", query.Model),
        ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, name, state, lifecycle, sort, page, page_size</c>.</summary>
    public static ModelQuery Models(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(ModelSort.Registered);
        return new ModelQuery
        {
            Text = parameters.Text("q"), Name = parameters.Text("name"), State = parameters.Word<ModelState>("state"), LifecycleState = parameters.Text("lifecycle"),
            Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize,
        };
    }

    /// <inheritdoc cref="Models"/>
    public static string TextOf(ModelQuery query) => Join(
        query, ("q", query.Text), ("name", query.Name), ("state", Word(query.State)), ("lifecycle", query.LifecycleState), ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, experiment, status, filter, order_by</c> (terms between commas)<c>, deleted, page, page_size</c>.</summary>
    public static RunListQuery Runs(ListParameters parameters) => new()
    {
        Text = parameters.Text("q"), Experiment = parameters.Text("experiment"), Status = parameters.Word<RunStatus>("status"), Filter = parameters.Text("filter"),
        OrderBy = parameters.Text("order_by")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Deleted = parameters.Flag("deleted"), Page = parameters.Page, PageSize = parameters.PageSize,
    };

    /// <inheritdoc cref="Runs"/>
    public static string TextOf(RunListQuery query) => Join(
        query, ("q", query.Text), ("experiment", query.Experiment), ("status", Word(query.Status)), ("filter", query.Filter),
        ("order_by", query.OrderBy.Count > 0 ? string.Join(',', query.OrderBy) : null), ("deleted", query.Deleted ? "true" : null));

    /// <summary><c>q, state, sort, page, page_size</c>.</summary>
    public static StudyQuery Studies(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(StudySort.Created);
        return new StudyQuery { Text = parameters.Text("q"), State = parameters.Word<StudyState>("state"), Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize };
    }

    /// <inheritdoc cref="Studies"/>
    public static string TextOf(StudyQuery query) => Join(query, ("q", query.Text), ("state", Word(query.State)), ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, state, kind, topology, sort, page, page_size</c>.</summary>
    public static ReplayQuery Replays(ListParameters parameters)
    {
        var (sort, descending) = parameters.Sort(ReplaySort.Created);
        return new ReplayQuery
        {
            Text = parameters.Text("q"), State = parameters.Word<ReplayState>("state"), Kind = parameters.Word<ReplayKind>("kind"), Topology = parameters.Text("topology"),
            Sort = sort, Descending = descending, Page = parameters.Page, PageSize = parameters.PageSize,
        };
    }

    /// <inheritdoc cref="Replays"/>
    public static string TextOf(ReplayQuery query) => Join(
        query, ("q", query.Text), ("state", Word(query.State)), ("kind", Word(query.Kind)), ("topology", query.Topology), ("sort", Sort(query.Sort, query.Descending, true)));

    /// <summary><c>q, subject, actor, kind, from, to, sort</c> (<c>at</c> or <c>-at</c>)<c>, page, page_size</c>.</summary>
    public static DecisionQuery Decisions(ListParameters parameters) => new()
    {
        Text = parameters.Text("q"), Subject = parameters.Text("subject"), Actor = parameters.Text("actor"), Kind = parameters.Word<DecisionKind>("kind"), From = parameters.Time("from"),
        To = parameters.Time("to"), Descending = parameters.Text("sort") != "at", Page = parameters.Page, PageSize = parameters.PageSize,
    };

    /// <inheritdoc cref="Decisions"/>
    public static string TextOf(DecisionQuery query) => Join(
        query, ("q", query.Text), ("subject", query.Subject), ("actor", query.Actor), ("kind", Word(query.Kind)), ("from", Time(query.From)), ("to", Time(query.To)),
        ("sort", query.Descending ? null : "at"));

    /// <summary><c>q, rule, product, outcome, from, to, sort</c> (<c>at</c> or <c>-at</c>)<c>, page, page_size</c>.</summary>
    public static TriggerDecisionQuery TriggerDecisions(ListParameters parameters) => new()
    {
        Text = parameters.Text("q"), Rule = parameters.Text("rule"), Product = parameters.Text("product"), Outcome = parameters.Text("outcome"), From = parameters.Time("from"),
        To = parameters.Time("to"), Descending = parameters.Text("sort") != "at", Page = parameters.Page, PageSize = parameters.PageSize,
    };

    /// <inheritdoc cref="TriggerDecisions"/>
    public static string TextOf(TriggerDecisionQuery query) => Join(
        query, ("q", query.Text), ("rule", query.Rule), ("product", query.Product), ("outcome", query.Outcome), ("from", Time(query.From)), ("to", Time(query.To)),
        ("sort", query.Descending ? null : "at"));

    private static string? Word<T>(T? value)
        where T : struct, Enum => value is { } word ? ListParameters.WordOf(word) : null;

    private static string? Sort<T>(T sort, bool descending, bool descendingByDefault)
        where T : struct, Enum => EqualityComparer<T>.Default.Equals(sort, default) && descending == descendingByDefault ? null : ListParameters.SortOf(sort, descending);

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    // The page is always written: it is what tells a question for a page from one for everything.
    private static string Join(PageQuery page, params IEnumerable<(string Name, string? Value)> pairs) => string.Join('&', [
        .. pairs.Where(pair => !string.IsNullOrEmpty(pair.Value)).Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value!)}"),
        string.Create(CultureInfo.InvariantCulture, $"page={page.Number}"),
        .. page.Size == 100 ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"page_size={page.Size}")],
    ]);
}
