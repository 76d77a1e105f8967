namespace Mesh.Console.Live;

/// <summary>An event of the stream.</summary>
/// <param name="Id">Place in the order of changes, see <see cref="LiveMarks"/>.</param>
/// <param name="Name"><c>values</c>, <c>changed</c> or <c>beat</c>.</param>
/// <param name="Json">Its data, in one line.</param>
internal sealed record LiveEvent(string Id, string Name, string Json);
