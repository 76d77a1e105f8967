using Mesh.Formats;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Storage.S3;

namespace Mesh.Commands.Recordings;

/// <summary>A prefix of an object store that holds a recording, or parts of one.</summary>
/// <param name="objects">The store.</param>
/// <param name="prefix">URI of the prefix, with a slash at its end.</param>
internal sealed class S3RecordingFolder(S3Objects objects, string prefix) : IRecordingFolder
{
    /// <inheritdoc/>
    public async ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken)
    {
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal)) return null;

        // Asking for an absent object is an error in S3, so the names are looked at first.
        var names = await ListAsync(cancellationToken).ConfigureAwait(false);
        return names.Contains(name) ? await objects.OpenAsync(prefix + name, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => objects.ListAsync(prefix, cancellationToken);
}
