namespace Mesh.Commands.Media.Images;

/// <summary>Pixels as <c>sensor_msgs/Image</c> and <c>foxglove.RawImage</c> carry them. Sizes are the sender's claims until they are checked against the data.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Step">Bytes from one row to the next; 0 when the rows follow each other without padding.</param>
/// <param name="Encoding">Name of the layout, as <c>rgb8</c>.</param>
/// <param name="IsBigEndian">Whether 16-bit values have the high byte first.</param>
/// <param name="Data">The rows.</param>
public sealed record RawImage(long Width, long Height, long Step, string Encoding, bool IsBigEndian, ReadOnlyMemory<byte> Data);
