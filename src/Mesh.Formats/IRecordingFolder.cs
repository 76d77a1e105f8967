using Mesh.Model;

namespace Mesh.Formats;

/// <summary>The folder a recording lies in: a directory or a prefix of an object store. Names are plain file names, without separators.</summary>
public interface IRecordingFolder
{
    /// <summary>Opens a file; null when there is none of that name.</summary>
    ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Names of the files.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);
}
