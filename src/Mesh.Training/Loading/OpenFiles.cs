using Mesh.Columnar.Parquet;

namespace Mesh.Training.Loading;

/// <summary>The files of a source, kept open up to a number: reading a footer again for each row group would be most of the work of small ones.</summary>
internal sealed class OpenFiles(TensorSource source) : IAsyncDisposable
{
    private const int MaxOpen = 64;

    private readonly Dictionary<int, ParquetReader> open = [];
    private readonly Queue<int> oldest = [];

    /// <summary>A file; valid until 64 others have been asked for. Not for several callers at a time.</summary>
    public async ValueTask<ParquetReader> OpenAsync(int file, CancellationToken cancellationToken)
    {
        if (open.TryGetValue(file, out var known)) return known;
        if (open.Count == MaxOpen && open.Remove(oldest.Dequeue(), out var closed)) await closed.DisposeAsync().ConfigureAwait(false);
        var bytes = await source.Files[file].OpenAsync(cancellationToken).ConfigureAwait(false);
        var reader = await ParquetReader.OpenAsync(bytes, cancellationToken).ConfigureAwait(false);
        open.Add(file, reader);
        oldest.Enqueue(file);
        return reader;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in open.Values) await reader.DisposeAsync().ConfigureAwait(false);
        open.Clear();
    }
}
