using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Opens MCAP files by what is asked of them: forward when everything is wanted, through the index otherwise.</summary>
internal static class McapRecordings
{
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        await McapRecordingReader.OpenAsync(source, options.ToMcap(), cancellationToken).ConfigureAwait(false);
}
