using Mesh.Commands.Media.Frames;
using Mesh.Commands.Media.Timeline;
using Mesh.Commands.Media.Track;
using Mesh.Model;

namespace Mesh.Commands.Media;

/// <summary>
/// What a recording shows besides signals, read from the tables it is in now: what was deleted or erased there is gone here. A null answer means that there is no
/// such recording, channel or frame.
/// </summary>
public interface IRecordingMedia
{
    /// <summary>The recording that an ingest id, or the beginning of one, names; null when there is none.</summary>
    /// <exception cref="MeshException"><c>MESH11034</c>: it is the beginning of several.</exception>
    Task<IngestId?> ResolveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Density of all channels over time.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="columns">Shares of the time; clamped to what is allowed.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<RecordingTimeline?> GetTimelineAsync(IngestId recording, int columns, CancellationToken cancellationToken);

    /// <summary>The track of a channel with positions; null also when there is none.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="channel">The channel; null for the one with the most fixes.</param>
    /// <param name="tolerance">Metres by which the track may be off at any time.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<RecordingTrack?> GetTrackAsync(IngestId recording, string? channel, double tolerance, CancellationToken cancellationToken);

    /// <summary>Channels with pictures, clouds or video.</summary>
    Task<RecordingFrames?> ListFramesAsync(IngestId recording, CancellationToken cancellationToken);

    /// <summary>A camera's picture.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH13301</c>: there is no frame so early. <c>MESH13302</c>: the frame is too large. <c>MESH13303</c>: it is a video's. <c>MESH13310</c>, <c>MESH13311</c>,
    /// <c>MESH13312</c>: it is damaged, or of a kind that is not shown.
    /// </exception>
    Task<FramePicture?> ReadPictureAsync(IngestId recording, PictureRequest request, CancellationToken cancellationToken);

    /// <summary>A cloud of points from above, as PNG.</summary>
    /// <exception cref="MeshException"><c>MESH13301</c>, <c>MESH13302</c>; <c>MESH13320</c>, <c>MESH13321</c>: it is damaged, or has no coordinates.</exception>
    Task<FramePicture?> ReadTopViewAsync(IngestId recording, CloudRequest request, CancellationToken cancellationToken);
}
