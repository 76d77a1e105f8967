using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Creates a table as another engine asks for it. Column ids are given anew, in the order of the columns and then of what is nested in
    /// them; partition and sort fields follow.
    /// </summary>
    /// <param name="identifier">Its name; the namespace must exist.</param>
    /// <param name="request">What it should look like.</param>
    /// <param name="stage">Whether only to say what it would be: the commit that creates it comes later, with <see cref="AssertCreate"/>.</param>
    /// <param name="cancellationToken">Stops waiting and writing.</param>
    /// <exception cref="MeshException">
    /// <c>MESH8101</c> name, <c>MESH8103</c> schema, <c>MESH8131</c> refused, <c>MESH8133</c> no such namespace, <c>MESH8136</c> it exists.
    /// </exception>
    internal async ValueTask<TableState> CreateAsync(TableIdentifier identifier, CreateTable request, bool stage, CancellationToken cancellationToken)
    {
        RequireUsableName(identifier);
        await RequireNamespaceAsync(identifier.Namespace, cancellationToken).ConfigureAwait(false);
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        var uuid = Guid.NewGuid();
        string location = request.Location?.TrimEnd('/') ?? await ChooseLocationAsync(identifier, uuid, cancellationToken).ConfigureAwait(false);
        RequireInLake(identifier, location);
        var empty = TableMetadataBuilder.Empty(location, time.GetUtcNow().ToUnixTimeMilliseconds()) with { TableUuid = uuid };
        var builder = new TableMetadataBuilder(identifier, empty, creating: true);
        foreach (var update in FreshUpdates(identifier, request)) builder.Apply(update);
        var metadata = builder.Build();
        if (await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false) is not null) throw Exists(identifier);
        if (stage) return new TableState(identifier, "", 0, metadata);

        var created = await WriteMetadataAsync(null, identifier, metadata, cancellationToken).ConfigureAwait(false);
        try
        {
            await database.WriteAsync(transaction => InsertAsync(transaction, created), cancellationToken).ConfigureAwait(false);
        }
        catch (CommitConflictException)
        {
            await TryDeleteAsync([created.MetadataUri]).ConfigureAwait(false);
            throw Exists(identifier);
        }

        states[identifier] = created;
        await PublishVersionHintAsync(created).ConfigureAwait(false);
        return created;
    }

    /// <summary>Takes a table into the catalogue by its metadata file, as it is.</summary>
    /// <param name="identifier">Its name; the namespace must exist.</param>
    /// <param name="metadataUri">The file, in the folder <c>metadata</c> of the table's location in this lake.</param>
    /// <param name="cancellationToken">Stops waiting and writing.</param>
    /// <exception cref="MeshException">
    /// <c>MESH8101</c> name, <c>MESH8121</c> no metadata, <c>MESH8131</c> it lies elsewhere or is another table's, <c>MESH8133</c>, <c>MESH8136</c>.
    /// </exception>
    internal async ValueTask<TableState> RegisterAsync(TableIdentifier identifier, string metadataUri, CancellationToken cancellationToken)
    {
        RequireUsableName(identifier);
        await RequireNamespaceAsync(identifier.Namespace, cancellationToken).ConfigureAwait(false);
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        if (await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false) is not null) throw Exists(identifier);
        if (!IsInLake(metadataUri)) throw Refused(identifier, $"'{metadataUri}' lies outside the lake {lake.RootUri}");
        if (await lake.GetSizeAsync(lake.KeyOf(metadataUri), cancellationToken).ConfigureAwait(false) is null) throw Refused(identifier, $"there is no '{metadataUri}'");
        var metadata = TableMetadataReader.Read(await ReadObjectAsync(metadataUri, cancellationToken).ConfigureAwait(false), metadataUri);
        if (LocationOf(metadataUri) != metadata.Location) throw Refused(identifier, $"'{metadataUri}' is not in the folder metadata of its own location {metadata.Location}");
        RequireInLake(identifier, metadata.Location);

        var registered = new TableState(identifier, metadataUri, VersionOf(metadataUri), metadata);
        try
        {
            await database.WriteAsync(
                async transaction =>
                {
                    await transaction.ExecuteAsync("DELETE FROM retired_locations WHERE location = @Location", new { metadata.Location }).ConfigureAwait(false);
                    await InsertAsync(transaction, registered).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (CommitConflictException)
        {
            throw Exists(identifier);
        }

        states[identifier] = registered;
        await PublishVersionHintAsync(registered).ConfigureAwait(false);
        return registered;
    }

    /// <summary>Where a new table goes: the folder of its name, or one beside it where another table's files are.</summary>
    private async ValueTask<string> ChooseLocationAsync(TableIdentifier identifier, Guid uuid, CancellationToken cancellationToken)
    {
        var taken = await database.ReadAsync(session => TakenLocationsAsync(session), cancellationToken).ConfigureAwait(false);
        string plain = lake.UriOf(KeyOf(identifier));
        return taken.Any(other => Overlap(other, plain)) ? lake.UriOf($"{KeyOf(identifier)}-{uuid:N}") : plain;
    }

    /// <summary>Enters a table that is new, and its namespace.</summary>
    /// <exception cref="CommitConflictException">There is a table of this name.</exception>
    private static async Task InsertAsync(MetadataTransaction transaction, TableState created)
    {
        var metadata = created.Metadata;
        string uuid = metadata.TableUuid.ToString();
        var (ns, name) = (created.Identifier.Namespace, created.Identifier.Name);
        if (await transaction.ScalarAsync<long>("SELECT count(*) FROM tables WHERE namespace = @ns AND name = @name", new { ns, name }).ConfigureAwait(false) > 0)
        {
            throw new CommitConflictException();
        }

        if (await transaction.ScalarAsync<long>("SELECT count(*) FROM tables WHERE uuid = @uuid", new { uuid }).ConfigureAwait(false) > 0)
        {
            throw Refused(created.Identifier, $"a table with its UUID {uuid} is in the catalogue already; rename that one");
        }

        await RequireFreeAsync(transaction, created.Identifier, metadata.Location, null).ConfigureAwait(false);
        await transaction.ExecuteAsync("INSERT INTO namespaces (name, properties) VALUES (@ns, '{}') ON CONFLICT (name) DO NOTHING", new { ns }).ConfigureAwait(false);
        int inserted = await transaction.ExecuteAsync(
            $"INSERT INTO tables (uuid, namespace, name, metadata_uri, version, {TableFigures.Columns}) VALUES (@uuid, @ns, @name, @MetadataUri, @Version, {TableFigures.Values}) ON CONFLICT (namespace, name) DO NOTHING",
            TableFigures.Of(created).With(("uuid", uuid), ("ns", ns), ("name", name), ("Version", created.Version))).ConfigureAwait(false);
        if (inserted == 0) throw new CommitConflictException();
    }

    /// <summary>Folders that hold the files of tables, or of tables that were dropped or moved.</summary>
    private static async Task<List<string>> TakenLocationsAsync(MetadataSession session, TableIdentifier? except = null)
    {
        var pointers = await session.QueryAsync<string>(
            "SELECT metadata_uri FROM tables WHERE NOT (namespace = @ns AND name = @name)", new { ns = except?.Namespace ?? "", name = except?.Name ?? "" }).ConfigureAwait(false);
        var retired = await session.QueryAsync<string>("SELECT location FROM retired_locations").ConfigureAwait(false);
        return [.. pointers.Select(LocationOf), .. retired];
    }

    /// <exception cref="MeshException"><c>MESH8131</c> when another table's files are there: a sweep of one would delete those of the other.</exception>
    private static async Task RequireFreeAsync(MetadataSession session, TableIdentifier identifier, string location, TableIdentifier? except)
    {
        var taken = await TakenLocationsAsync(session, except).ConfigureAwait(false);
        if (taken.FirstOrDefault(other => Overlap(other, location)) is { } clash) throw Refused(identifier, $"its location {location} overlaps {clash}, where another table's files are");
    }

    private static bool Overlap(string one, string other) =>
        one == other || one.StartsWith(other + "/", StringComparison.Ordinal) || other.StartsWith(one + "/", StringComparison.Ordinal);

    /// <summary>The table's folder: metadata files lie in its folder <c>metadata</c>.</summary>
    private static string LocationOf(string metadataUri)
    {
        int folder = metadataUri.LastIndexOf("/metadata/", StringComparison.Ordinal);
        return folder < 0 ? metadataUri[..metadataUri.LastIndexOf('/')] : metadataUri[..folder];
    }

    /// <summary>The number in <c>00012-….metadata.json</c> or <c>v12.metadata.json</c>; 0 when there is none.</summary>
    private static long VersionOf(string metadataUri)
    {
        string digits = string.Concat(metadataUri[(metadataUri.LastIndexOf('/') + 1)..].TrimStart('v').TakeWhile(char.IsAsciiDigit).Take(12));
        return digits.Length == 0 ? 0 : long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }

    private bool IsInLake(string uri)
    {
        try
        {
            return lake.KeyOf(uri).Length > 0;
        }
        catch (MeshException)
        {
            return false;
        }
    }

    private void RequireInLake(TableIdentifier identifier, string location)
    {
        if (!IsInLake(location)) throw Refused(identifier, $"its location '{location}' lies outside the lake {lake.RootUri}");

        // Folders are told apart as text.
        string plain = lake.UriOf(lake.KeyOf(location));
        if (plain != location) throw Refused(identifier, $"its location '{location}' is written in another way than {plain}");
    }

    /// <summary>The request as updates of an empty table, with ids of the catalogue's own.</summary>
    private static IEnumerable<TableUpdate> FreshUpdates(TableIdentifier identifier, CreateTable request)
    {
        var (schema, _) = SchemaEvolution.AssignIds(identifier, request.Schema.Schema);
        var ids = new Dictionary<int, int>();
        MapIds(request.Schema.Schema.Fields, schema.Fields);
        yield return new AddSchema(new TableSchema(0, schema) { IdentifierFieldIds = [.. request.Schema.IdentifierFieldIds.Select(id => Fresh(id, "identifier field"))] });
        yield return new SetCurrentSchema(TableUpdate.LastAdded);
        yield return new AddPartitionSpec([.. request.PartitionFields.Select(field => field with { SourceId = Fresh(field.SourceId, $"partition field '{field.Name}'"), FieldId = null })]);
        yield return new SetDefaultSpec(TableUpdate.LastAdded);
        yield return new AddSortOrder(new SortOrder(0, [.. request.SortFields.Select(field => field with { SourceId = Fresh(field.SourceId, "the sort order") })]));
        yield return new SetDefaultSortOrder(TableUpdate.LastAdded);
        yield return new SetProperties(request.Properties);

        int Fresh(int id, string what) => ids.TryGetValue(id, out int fresh) ? fresh : throw Refused(identifier, $"{what} names column {id}, which the schema does not have");

        void MapIds(IReadOnlyList<Field> before, IReadOnlyList<Field> after)
        {
            for (int i = 0; i < before.Count; i++)
            {
                if (!ids.TryAdd(before[i].Id, after[i].Id)) throw Refused(identifier, $"the column id {before[i].Id} occurs twice");
                MapIds(TableMetadataBuilder.ChildrenOf(before[i].Type), TableMetadataBuilder.ChildrenOf(after[i].Type));
            }
        }
    }

    private static MeshException Exists(TableIdentifier identifier) => new("MESH8136", $"There is a table {identifier} already. Choose another name.");

    private static MeshException Refused(TableIdentifier identifier, string what) => new("MESH8131", $"The change of table {identifier} is refused: {what}. Nothing was changed.");
}
