using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Model;
using Microsoft.AspNetCore.Http;

namespace Mesh.Lakehouse.RestCatalog;

internal sealed partial class RestCatalogServer
{
    public async Task ListTablesAsync(HttpContext context)
    {
        await RequirePropertiesAsync(context).ConfigureAwait(false);
        string ns = NamespaceOf(context);
        var tables = await catalogue.ListAsync(context.RequestAborted).ConfigureAwait(false);
        var (page, next) = Page(context, [.. tables.Where(table => table.Namespace == ns)], table => table.Name);
        await RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            WriteNextPage(json, next);
            json.WriteStartArray("identifiers");
            foreach (var table in page) RestIdentifiers.WriteIdentifier(json, table);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task CreateTableAsync(HttpContext context)
    {
        var (name, request, stage) = await ReadAsync(context, body => (
            body.Text("name"),
            new CreateTable
            {
                Schema = TableSchema.Read(body.GetProperty("schema")),
                PartitionFields = body.Find("partition-spec") is { } spec ? TableUpdateJson.ReadSpecFields(spec) : [],
                SortFields = body.Find("write-order") is { } order ? [.. order.Items("fields").Select(SortField.Read)] : [],
                Properties = body.Texts("properties"),
                Location = body.OptionalText("location"),
            },
            body.Find("stage-create")?.GetBoolean() ?? false)).ConfigureAwait(false);
        var created = await catalogue.CreateAsync(new TableIdentifier(NamespaceOf(context), name), request, stage, context.RequestAborted).ConfigureAwait(false);
        await RespondTableAsync(context, created, created.Metadata, "all").ConfigureAwait(false);
    }

    public async Task RegisterTableAsync(HttpContext context)
    {
        var (name, uri) = await ReadAsync(context, body => (body.Text("name"), body.Text("metadata-location"))).ConfigureAwait(false);
        var registered = await catalogue.RegisterAsync(new TableIdentifier(NamespaceOf(context), name), uri, context.RequestAborted).ConfigureAwait(false);
        await RespondTableAsync(context, registered, registered.Metadata, "all").ConfigureAwait(false);
    }

    public async Task LoadTableAsync(HttpContext context)
    {
        var state = await catalogue.LoadStateAsync(TableOf(context), context.RequestAborted).ConfigureAwait(false);

        // Engines read the files themselves; that they ask for the table is all that is seen of it.
        catalogue.Access?.Read(state.Metadata.TableUuid);
        string snapshots = context.Request.Query["snapshots"].ToString() is { Length: > 0 } wanted ? wanted : "all";
        if (snapshots is not ("all" or "refs")) throw new MeshException("MESH8137", $"snapshots is '{snapshots}', but should be all or refs.");
        string tag = TagOf(state, snapshots);
        if (context.Request.Headers.IfNoneMatch.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).Any(value => value == tag || value == $"W/{tag}"))
        {
            context.Response.Headers.ETag = tag;
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var metadata = state.Metadata;
        if (snapshots == "refs")
        {
            var referenced = metadata.Refs.Values.Select(reference => reference.SnapshotId).ToHashSet();
            metadata = metadata with { Snapshots = [.. metadata.Snapshots.Where(snapshot => referenced.Contains(snapshot.SnapshotId))] };
        }

        await RespondTableAsync(context, state, metadata, snapshots).ConfigureAwait(false);
    }

    public async Task TableExistsAsync(HttpContext context)
    {
        await catalogue.LoadStateAsync(TableOf(context), context.RequestAborted).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task CommitTableAsync(HttpContext context)
    {
        var table = TableOf(context);
        var commit = await ReadAsync(context, body => ReadCommit(body, table)).ConfigureAwait(false);

        // A client that hangs up must not leave a commit half way: it is finished, and the client may find it so.
        var committed = await catalogue.CommitAsync([commit], options.Announce, CancellationToken.None).ConfigureAwait(false);
        context.Response.Headers.ETag = TagOf(committed[0], "all");
        await RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("metadata-location", committed[0].MetadataUri);
            json.WritePropertyName("metadata");
            TableMetadataWriter.Write(json, committed[0].Metadata);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task CommitTransactionAsync(HttpContext context)
    {
        var commits = await ReadAsync(context, body => body.GetProperty("table-changes").EnumerateArray()
            .Select(change => ReadCommit(change, ReadIdentifier(change.GetProperty("identifier")))).ToList()).ConfigureAwait(false);
        if (commits.Count > 0) await catalogue.CommitAsync(commits, options.Announce, CancellationToken.None).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task DropTableAsync(HttpContext context)
    {
        bool purge = string.Equals(context.Request.Query["purgeRequested"], "true", StringComparison.OrdinalIgnoreCase);
        await catalogue.DropAsync(TableOf(context), purge, CancellationToken.None).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task RenameTableAsync(HttpContext context)
    {
        var (from, to) = await ReadAsync(context, body => (ReadIdentifier(body.GetProperty("source")), ReadIdentifier(body.GetProperty("destination")))).ConfigureAwait(false);
        await catalogue.RenameAsync(from, to, context.RequestAborted).ConfigureAwait(false);
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    public async Task ReportMetricsAsync(HttpContext context)
    {
        string type = await ReadAsync(context, body => body.Text("report-type")).ConfigureAwait(false);
        await catalogue.LoadStateAsync(TableOf(context), context.RequestAborted).ConfigureAwait(false);
        Reports.Add(1, new KeyValuePair<string, object?>("type", type is "scan-report" or "commit-report" ? type : "other"));
        await RespondNothingAsync(context).ConfigureAwait(false);
    }

    private static TableCommit ReadCommit(JsonElement body, TableIdentifier table) => new(
        table,
        [.. body.GetProperty("requirements").EnumerateArray().Select(TableRequirementJson.Read)],
        [.. body.GetProperty("updates").EnumerateArray().Select(TableUpdateJson.Read)]);

    /// <summary>Names the metadata file and the selection of snapshots: both decide what the body holds.</summary>
    private static string TagOf(TableState state, string snapshots) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{state.Identifier}|{state.MetadataUri}")).AsSpan(0, 12))}-{snapshots}\"";

    private Task RespondTableAsync(HttpContext context, TableState state, TableMetadata metadata, string snapshots)
    {
        bool staged = state.MetadataUri.Length == 0;
        if (!staged) context.Response.Headers.ETag = TagOf(state, snapshots);
        return RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            if (!staged) json.WriteString("metadata-location", state.MetadataUri);
            json.WritePropertyName("metadata");
            TableMetadataWriter.Write(json, metadata);
            json.WriteTexts("config", options.ClientSettings);
            json.WriteEndObject();
        });
    }
}
