using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Mesh.Console.Hosting;

/// <summary>What a page knows of its request, and what it says of its answer. The state of a page is its URL and nothing else.</summary>
public sealed class PageRequest
{
    /// <summary>What an action has just said is no state of the page.</summary>
    private static readonly string[] Said = ["done", "seal"];

    private readonly HttpContext context;

    internal PageRequest(HttpContext context, ConsoleAssets assets, ConsoleSession session)
    {
        this.context = context;
        Assets = assets;
        Session = session;
    }

    /// <summary>Path without query: <c>/recordings</c>.</summary>
    public string Path => context.Request.Path.Value is { Length: > 0 } path ? path : "/";

    /// <summary>Path and query.</summary>
    public string Url => Path + context.Request.QueryString.Value;

    /// <summary>Names this request in answers and in the log.</summary>
    public string Id => context.TraceIdentifier;

    /// <summary>Ends when the browser has gone.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Status of the answer; 200 unless the page says otherwise.</summary>
    public int Status
    {
        get => context.Response.StatusCode;
        set => context.Response.StatusCode = value;
    }

    internal ConsoleAssets Assets { get; }

    internal ConsoleSession Session { get; }

    /// <summary>Place in the order of changes that the page is made at; null where nothing is live.</summary>
    internal string? LiveMark { get; init; }

    /// <summary>Whether browsers have to log in, and so can log out.</summary>
    internal bool HasLogin { get; init; }

    /// <summary>What an action has just done; only what this server itself said to this browser.</summary>
    internal string? Done => Query("done") is { } message && Session.Sealed(message, Query("seal")) ? message : null;

    /// <summary>A piece of the path that the route names.</summary>
    public string Route(string name) => context.GetRouteValue(name)?.ToString() ?? "";

    /// <summary>A value of the query; null when it is absent or empty.</summary>
    public string? Query(string name) => context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>Every value of the query under a name; those separated by commas are several.</summary>
    public IReadOnlyList<string> Queries(string name) =>
        [.. context.Request.Query[name].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary>A whole number of the query, held within bounds; <paramref name="fallback"/> when it is absent or none.</summary>
    public int Number(string name, int fallback, int min, int max) =>
        int.TryParse(Query(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? Math.Clamp(number, min, max) : fallback;

    /// <summary>This page's address with some values of the query set, or removed where they are null; page numbers start again unless named.</summary>
    public string With(params (string Name, string? Value)[] changes)
    {
        var query = context.Request.Query.ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());
        if (!changes.Any(change => change.Name == "page")) query.Remove("page");
        foreach (string said in Said) query.Remove(said);
        foreach (var (name, value) in changes) query[name] = value;
        return QueryHelpers.AddQueryString(Path, query.Where(pair => !string.IsNullOrEmpty(pair.Value)));
    }

    /// <summary>The values of the query but the named ones, for hidden fields of a form that changes those.</summary>
    public IEnumerable<(string Name, string Value)> QueryExcept(params string[] names) =>
        context.Request.Query.Where(pair => !names.Contains(pair.Key) && !Said.Contains(pair.Key)).Select(pair => (pair.Key, pair.Value.ToString()));
}
