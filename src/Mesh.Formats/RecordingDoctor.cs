using Mesh.Formats.Ros2Bag;
using Mesh.Formats.RosBag;
using Mesh.Formats.Mdf3;
using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Examines the structure of recordings beyond what reading them needs.</summary>
public static class RecordingDoctor
{
    /// <summary>Examines a recording of any format.</summary>
    /// <param name="source">The recording; not disposed.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What was found, in file order; empty for a sound recording.</returns>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        byte[] head = new byte[RecordingFormats.HeadBytes];
        int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
        return RecordingFormats.Recognise(head.AsSpan(0, filled)) switch
        {
            // One line per format that has a doctor.
            RecordingFormat.Ros2Bag => await Ros2BagDoctor.ExamineAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Ros1Bag => await Ros1BagDoctor.ExamineAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Mdf3 => await Mdf3Doctor.ExamineAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Mcap => await McapDoctor.ExamineAsync(source, options.ToMcap(), cancellationToken).ConfigureAwait(false),
            _ => [],
        };
    }
}
