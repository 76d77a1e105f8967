using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Opens MCAP files by what is asked of them: forward when everything is wanted, through the index otherwise.</summary>
internal static class McapRecordings
{
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        options.Query.IsAll && options.Order == RecordingOrder.File
            ? await McapRecordingReader.OpenAsync(source, options.ToMcap(), cancellationToken).ConfigureAwait(false)
            : await McapIndexedReader.OpenAsync(source, options.ToMcap(), options.Query, options.Order, cancellationToken).ConfigureAwait(false);
}
