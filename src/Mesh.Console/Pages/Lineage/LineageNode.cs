namespace Mesh.Console.Pages.Lineage;

/// <summary>A thing in the lineage.</summary>
/// <param name="Kind"><c>topic</c>, <c>topology</c>, <c>recording</c>, <c>product</c>, <c>rule</c>, <c>job</c> or <c>model</c>.</param>
/// <param name="Id">Which one.</param>
/// <param name="Detail">A few words about it.</param>
/// <param name="Url">Its page.</param>
public sealed record LineageNode(string Kind, string Id, string Detail, string Url)
{
    /// <summary>Identity among all kinds: <c>KIND:ID</c>.</summary>
    public string Key => $"{Kind}:{Id}";

    /// <summary>What it is called; long ids are cut.</summary>
    public string Name => Kind is "job" or "recording" && Id.Length > 12 ? Id[..12] : Id;
}
