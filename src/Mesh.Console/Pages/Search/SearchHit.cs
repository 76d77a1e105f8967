namespace Mesh.Console.Pages.Search;

/// <summary>Something that was found.</summary>
/// <param name="Kind">What it is: <c>Recording</c>, <c>Vehicle</c>, <c>Product</c>, <c>Topic</c>, <c>Model</c>, <c>Job</c>, <c>Setting</c> or <c>Page</c>.</param>
/// <param name="Text">What it is called.</param>
/// <param name="Detail">What else tells it apart.</param>
/// <param name="Url">Its page.</param>
public sealed record SearchHit(string Kind, string Text, string Detail, string Url);
