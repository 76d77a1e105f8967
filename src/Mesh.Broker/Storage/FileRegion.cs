using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>
/// Batches of a segment's file that go into an answer without being held in memory. The file stays open until <see cref="Release"/>, even when
/// the log drops the segment meanwhile.
/// </summary>
/// <param name="File">Segment.</param>
/// <param name="Position">First byte.</param>
/// <param name="Length">Bytes; they do not change any more.</param>
internal readonly record struct FileRegion(SafeFileHandle File, long Position, int Length)
{
    /// <exception cref="ObjectDisposedException">The segment was dropped.</exception>
    public void Hold()
    {
        bool held = false;
        File.DangerousAddRef(ref held);
    }

    public void Release() => File.DangerousRelease();
}
