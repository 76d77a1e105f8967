using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Where a campaign's data lies, seen from outside, past everything that can fail.</summary>
/// <param name="data">State directory.</param>
internal class CampaignPlace(string data)
{
    /// <summary>Held while somebody reads from outside; a fault that hides the lake from readers too takes it.</summary>
    public SemaphoreSlim Reading { get; } = new(1);

    /// <summary>The metadata, read-only.</summary>
    public virtual MetadataDatabase OpenDatabase() => MetadataDatabase.Open(Path.Combine(data, "mesh.db"), readOnly: true);

    /// <summary>The lake's objects.</summary>
    public virtual Disposable<IObjectStore> OpenLake() => new(new LocalObjectStore(Path.Combine(data, "lake")));

    /// <summary>Reads the lake with other people's readers.</summary>
    /// <param name="rowsFolder">Where rows are written; <c>-</c> to count them only.</param>
    public virtual Task<JsonElement> ReadForeignAsync(string rowsFolder) => NodeScript.RunAsync("campaign-read.mjs", Path.Combine(data, "lake"), rowsFolder);

    /// <summary>Something that may have to be disposed of.</summary>
    public sealed record Disposable<T>(T Value) : IDisposable
    {
        public void Dispose() => (Value as IDisposable)?.Dispose();
    }
}
