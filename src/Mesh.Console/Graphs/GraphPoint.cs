namespace Mesh.Console.Graphs;

/// <summary>A place in the drawing, in pixels from its upper left corner.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Downwards.</param>
public readonly record struct GraphPoint(double X, double Y);
