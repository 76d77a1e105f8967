namespace Mesh.Console.Layout;

/// <summary>A page in the side bar.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Key">Key that goes there after <c>g</c>.</param>
public sealed record NavigationEntry(string Title, string Url, string Key);
