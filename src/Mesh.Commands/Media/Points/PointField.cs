namespace Mesh.Commands.Media.Points;

/// <summary>A number of each point.</summary>
/// <param name="Name">As <c>x</c>.</param>
/// <param name="Offset">Bytes from the point's first.</param>
/// <param name="Scalar">Type.</param>
public sealed record PointField(string Name, long Offset, PointScalar Scalar);
