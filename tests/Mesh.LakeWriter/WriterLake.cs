using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Storage.S3;

namespace Mesh.LakeWriter;

/// <summary>The lake under test: places from <c>MESH_LAKE_CATALOGUE</c> (file or connection), <c>MESH_LAKE_SCHEMA</c>, <c>MESH_LAKE_STORAGE</c>.</summary>
internal sealed class WriterLake : IAsyncDisposable
{
    /// <summary>The table that everybody writes to.</summary>
    public static readonly TableIdentifier Table = new("raw", "contended");

    private readonly MetadataDatabase database;

    private WriterLake(MetadataDatabase database, IObjectStore store)
    {
        this.database = database;
        Store = store;

        // Eight writers on one table: whoever loses a race tries again for as long as it takes. Merging early makes it part of the races.
        Tables = new TableCatalogue(database, store, TimeProvider.System, new TableCatalogueOptions { MaxCommitAttempts = 1_000, MaxSmallManifests = 10 });
    }

    /// <summary>Objects.</summary>
    public IObjectStore Store { get; }

    /// <summary>Tables.</summary>
    public TableCatalogue Tables { get; }

    public static async Task<WriterLake> OpenAsync(CancellationToken cancellationToken)
    {
        string catalogue = Variable("MESH_LAKE_CATALOGUE"), storage = Variable("MESH_LAKE_STORAGE");
        string? schema = Environment.GetEnvironmentVariable("MESH_LAKE_SCHEMA");
        var database = string.IsNullOrEmpty(schema) ? MetadataDatabase.Open(catalogue) : MetadataDatabase.Connect(catalogue, schema);
        await database.PrepareAsync(cancellationToken);
        IObjectStore store = S3ObjectStore.IsUri(storage)
            ? await S3ObjectStore.OpenAsync(storage, new S3Options(), TimeProvider.System, cancellationToken)
            : new LocalObjectStore(storage);
        return new WriterLake(database, store);
    }

    public ValueTask DisposeAsync()
    {
        (Store as IDisposable)?.Dispose();
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
