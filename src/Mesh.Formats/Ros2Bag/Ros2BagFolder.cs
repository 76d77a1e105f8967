namespace Mesh.Formats.Ros2Bag;

/// <summary>A ROS 2 bag as rosbag2 leaves it: a folder with <c>metadata.yaml</c> and one or more files.</summary>
public static class Ros2BagFolder
{
    /// <summary>Opens the bag: its files one after the other as one recording. Without <c>metadata.yaml</c> the files are found by their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Name for messages to people.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RecordingFormatException"><c>MESH10012</c>: there is no recording in the folder.</exception>
    public static ValueTask<RecordingReader> OpenAsync(IRecordingFolder folder, string name, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
