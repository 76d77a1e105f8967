using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Bus.MdfGroups;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Bus;

/// <summary>Turns what recorders make of bus traffic into typed frames, and frames into the messages of databases.</summary>
internal static class BusFrames
{
    /// <summary>
    /// Wraps a reader whose channels may be MDF bus groups or frames: groups become frames (<see cref="RecordingReaderOptions.BusFrames"/>), frames that a
    /// database knows become messages of the database's channels; everything else passes.
    /// </summary>
    public static RecordingReader Wrap(RecordingReader reader, RecordingReaderOptions options) =>
        IsNeeded(reader.Format, options) ? new BusRecordingReader(reader, options) : reader;

    /// <summary>
    /// The options of the reader that is to be wrapped: topics are those of the wrapped reader's channels, so the inner one must keep what
    /// they are made of.
    /// </summary>
    public static RecordingReaderOptions InnerOptions(RecordingFormat format, RecordingReaderOptions options)
    {
        if (!IsNeeded(format, options)) return options;

        // Where frames are put together to messages every record is copied, which those without their bytes cannot be.
        if (options.Databases.Count > 0) options = options with { ListAboveBytes = long.MaxValue };
        return options.Query.Topics is null ? options : options with { Query = options.Query with { Sources = channel => IsSource(channel, options) } };
    }

    /// <summary>The extractor of an MDF bus group; null for other channels.</summary>
    internal static MdfBusGroup? GroupOf(RecordingChannel channel) =>
        channel is { MessageEncoding: MdfRecordLayout.MessageEncoding, Schema.Encoding: MdfRecordLayout.SchemaEncoding }
            ? MdfBusGroup.TryCreate(MdfRecordLayout.Parse(channel.Schema))
            : null;

    internal static bool IsFrames(RecordingChannel channel) =>
        channel is { MessageEncoding: BusFrameSchemas.Encoding, Schema.Encoding: BusFrameSchemas.Encoding };

    private static bool IsNeeded(RecordingFormat format, RecordingReaderOptions options) =>
        options.Databases.Count > 0 || (options.BusFrames && format is (RecordingFormat.Mdf3 or RecordingFormat.Mdf4));

    private static bool IsSource(RecordingChannel channel, RecordingReaderOptions options) => IsFrames(channel) || (options.BusFrames && GroupOf(channel) is not null);
}
