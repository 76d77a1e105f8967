namespace Mesh.Console.Graphs;

/// <summary>A node in its place.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Layer">Its column, from 0 at the left.</param>
/// <param name="Order">Its place in the column, from 0 at the top.</param>
/// <param name="X">Left edge, in pixels.</param>
/// <param name="Y">Upper edge, in pixels.</param>
/// <param name="Width">Width, in pixels.</param>
/// <param name="Height">Height, in pixels.</param>
public sealed record PlacedNode(string Id, int Layer, int Order, double X, double Y, double Width, double Height);
