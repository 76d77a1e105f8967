using System.Collections.Immutable;
using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Fuzz;

/// <summary>A file that is mutated, or the result of it.</summary>
/// <param name="Name">File name, without folders.</param>
/// <param name="Bytes">Content.</param>
public record FuzzSample(string Name, byte[] Bytes)
{
    /// <summary>Files that lie in the same folder: a write-ahead log, <c>metadata.yaml</c>.</summary>
    public ImmutableDictionary<string, byte[]> Beside { get; init; } = ImmutableDictionary<string, byte[]>.Empty;

    /// <summary>Whether the folder is opened as one recording instead of the file.</summary>
    public bool IsFolder { get; init; }

    /// <summary>What may be delivered at most: the messages of the file before it was changed in places that a checksum covers; null where that says nothing.</summary>
    public IReadOnlySet<MessageKey>? Superset { get; init; }

    /// <summary>The folder it lies in.</summary>
    public IRecordingFolder Folder => new MemoryFolder(Beside.SetItem(Name, Bytes));

    private sealed class MemoryFolder(ImmutableDictionary<string, byte[]> files) : IRecordingFolder
    {
        public ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken) =>
            new(files.TryGetValue(name, out byte[]? bytes) ? new MemoryByteSource(bytes, name) : null);

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => new([.. files.Keys]);
    }
}
