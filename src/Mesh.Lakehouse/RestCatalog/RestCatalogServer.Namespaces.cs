using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;
using Microsoft.AspNetCore.Http;

namespace Mesh.Lakehouse.RestCatalog;

internal sealed partial class RestCatalogServer
{
    /// <summary>Most entries of a page of a listing, whatever a client asks for.</summary>
    private const int MaxPageSize = 1000;

    public async Task ListNamespacesAsync(HttpContext context)
    {
        IReadOnlyList<string> names = [];
        if (context.Request.Query["parent"].ToString() is { Length: > 0 } parent)
        {
            // Namespaces have one level: none has another below it.
            await RequirePropertiesAsync(parent, context.RequestAborted).ConfigureAwait(false);
        }
        else names = await catalogue.ListNamespacesAsync(context.RequestAborted).ConfigureAwait(false);

        var (page, next) = Page(context, names, name => name);
        await RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            WriteNextPage(json, next);
            json.WriteStartArray("namespaces");
            foreach (string name in page)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task CreateNamespaceAsync(HttpContext context)
    {
        var (name, properties) = await ReadAsync(context, body => (ReadNamespace(body.GetProperty("namespace")), body.Texts("properties"))).ConfigureAwait(false);
        await catalogue.CreateNamespaceAsync(name, properties, context.RequestAborted).ConfigureAwait(false);
        await RespondNamespaceAsync(context, name, properties).ConfigureAwait(false);
    }

    public async Task LoadNamespaceAsync(HttpContext context) =>
        await RespondNamespaceAsync(context, NamespaceOf(context), await RequirePropertiesAsync(context).ConfigureAwait(false)).ConfigureAwait(false);

    public async Task NamespaceExistsAsync(HttpContext context)
    {
        await RequirePropertiesAsync(context).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task DropNamespaceAsync(HttpContext context)
    {
        await catalogue.DropNamespaceAsync(NamespaceOf(context), context.RequestAborted).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task UpdateNamespaceAsync(HttpContext context)
    {
        var (removals, updates) = await ReadAsync(context, body => (body.Items("removals").Select(key => key.GetString() ?? "").Distinct().ToList(), body.Texts("updates"))).ConfigureAwait(false);
        if (removals.Find(updates.ContainsKey) is { } both) throw new MeshException("MESH8139", $"The property '{both}' is both updated and removed.");
        var change = await catalogue.UpdateNamespaceAsync(NamespaceOf(context), removals, updates, context.RequestAborted).ConfigureAwait(false);
        await RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            WriteKeys(json, "updated", change.Updated);
            WriteKeys(json, "removed", change.Removed);
            WriteKeys(json, "missing", change.Missing);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void WriteKeys(Utf8JsonWriter json, string name, IReadOnlyList<string> keys)
    {
        json.WriteStartArray(name);
        foreach (string key in keys) json.WriteStringValue(key);
        json.WriteEndArray();
    }

    private static Task RespondNamespaceAsync(HttpContext context, string name, IReadOnlyDictionary<string, string> properties) =>
        RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            RestIdentifiers.WriteNamespace(json, name);
            json.WriteTexts("properties", properties);
            json.WriteEndObject();
        });

    private Task<IReadOnlyDictionary<string, string>> RequirePropertiesAsync(HttpContext context) => RequirePropertiesAsync(NamespaceOf(context), context.RequestAborted);

    private async Task<IReadOnlyDictionary<string, string>> RequirePropertiesAsync(string name, CancellationToken cancellationToken) =>
        await catalogue.FindNamespaceAsync(name, cancellationToken).ConfigureAwait(false)
        ?? throw new MeshException("MESH8133", $"There is no namespace '{name.Replace('\u001F', '.')}'.");

    /// <summary>
    /// The part of a listing that a request asks for: all of it without <c>pageToken</c>, else the entries after the one the token names. A token is
    /// the name of the last entry given, so that entries that come and go meanwhile make no gaps.
    /// </summary>
    private (IReadOnlyList<T> Page, string? Next) Page<T>(HttpContext context, IReadOnlyList<T> all, Func<T, string> nameOf)
    {
        var query = context.Request.Query;
        if (!query.TryGetValue("pageToken", out var token)) return (all, null);
        int size = MaxPageSize;
        if (query.TryGetValue("pageSize", out var wanted))
        {
            if (!int.TryParse(wanted, out int number) || number < 1) throw new MeshException("MESH8137", $"pageSize is '{wanted}', but should be a positive number.");
            size = Math.Min(size, number);
        }

        string after = token.ToString();
        if (after.Length > 0)
        {
            if (!Base64Url.IsValid(after)) throw new MeshException("MESH8137", "The pageToken is none that was given out here. Begin the listing again.");
            after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(after));
        }

        var page = all.Where(item => after.Length == 0 || string.CompareOrdinal(nameOf(item), after) > 0).Take(size + 1).ToList();
        if (page.Count <= size) return (page, null);
        page.RemoveAt(size);
        return (page, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(nameOf(page[^1]))));
    }

    private static void WriteNextPage(Utf8JsonWriter json, string? next)
    {
        if (next is not null) json.WriteString("next-page-token", next);
    }
}
