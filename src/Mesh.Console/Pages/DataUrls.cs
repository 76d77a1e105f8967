using Microsoft.AspNetCore.WebUtilities;

namespace Mesh.Console.Pages;

/// <summary>Addresses of pages and actions about data, built in one place.</summary>
public static class DataUrls
{
    /// <summary>A product, or one of its tabs, at a snapshot.</summary>
    public static string Product(string name, string? tab = null, string? at = null) => "/products/" + Uri.EscapeDataString(name) + (tab is null ? "" : "?tab=" + tab) + (at is null ? "" : "&at=" + Uri.EscapeDataString(at));

    /// <summary>Maintenance of a table.</summary>
    public static string Maintenance(string table) => "/maintenance/" + Uri.EscapeDataString(table);

    /// <summary>What a thing comes from and what comes of it.</summary>
    /// <param name="kind"><c>recording</c>, <c>product</c>, <c>table</c>, <c>topology</c>, <c>topic</c>, <c>rule</c>, <c>job</c> or <c>model</c>.</param>
    /// <param name="id">The thing.</param>
    public static string Lineage(string kind, string id) => QueryHelpers.AddQueryString("/lineage", "focus", $"{kind}:{id}");

    /// <summary>A trigger rule.</summary>
    public static string Rule(string name) => "/rules/" + Uri.EscapeDataString(name);

    /// <summary>Entries of the decision log about a subject.</summary>
    public static string Audit(string subject) => QueryHelpers.AddQueryString("/audit", "subject", subject);

    /// <summary>A recording.</summary>
    public static string Recording(string id) => "/recordings/" + Uri.EscapeDataString(id);

    /// <summary>A topic.</summary>
    public static string Topic(string name) => "/topics/" + Uri.EscapeDataString(name);

    /// <summary>A job.</summary>
    public static string Job(string id) => "/jobs/" + Uri.EscapeDataString(id);

    /// <summary>A version of a model.</summary>
    public static string Model(string name, int version) => FormattableString.Invariant($"/models/{Uri.EscapeDataString(name)}/{version}");

    /// <summary>The plan of an action, with fields.</summary>
    public static string Action(string action, params (string Name, string? Value)[] fields) =>
        QueryHelpers.AddQueryString("/actions/" + action, fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value)));
}
