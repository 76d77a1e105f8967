namespace Mesh.Fuzz;

/// <summary>Something that must hold for every input does not.</summary>
public sealed class FuzzException(string message) : Exception(message);
