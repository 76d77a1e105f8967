using Mesh.Formats;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Recordings;

/// <summary>A directory that holds a recording, or parts of one.</summary>
/// <param name="path">The directory.</param>
public sealed class LocalRecordingFolder(string path) : IRecordingFolder
{
    /// <inheritdoc/>
    public ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        // Names come from inside recordings: one that leads elsewhere is not in this folder.
        bool isPlain = name.Length > 0 && Path.GetFileName(name) == name && name is not ("." or "..");
        string file = Path.Combine(path, isPlain ? name : "?");
        return new(isPlain && File.Exists(file) ? new FileByteSource(file) : null);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        new([.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)]);
}
