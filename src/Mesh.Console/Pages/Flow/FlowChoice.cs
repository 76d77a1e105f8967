using Mesh.Console.Hosting;

namespace Mesh.Console.Pages.Flow;

/// <summary>What of the graph somebody wants to see: the state of the page, which is its URL.</summary>
/// <param name="Node">Node that is chosen; null for none.</param>
/// <param name="Depth">Steps from it that are shown; null for all.</param>
/// <param name="OnlyUnwell">Whether only what is late or broken is shown, and its neighbours.</param>
/// <param name="Topology">Topology whose nodes are shown, beside those of all; null for every one.</param>
/// <param name="Expanded">Groups of siblings that are shown one by one.</param>
public sealed record FlowChoice(string? Node, int? Depth, bool OnlyUnwell, string? Topology, IReadOnlyList<string> Expanded)
{
    /// <summary>Most steps.</summary>
    public const int MaxDepth = 9;

    /// <summary>What a request asks for.</summary>
    public static FlowChoice Of(PageRequest request) => new(
        request.Query("node"), request.Query("depth") is null ? null : request.Number("depth", 1, 1, MaxDepth), request.Query("health") is "unwell", request.Query("topology"), request.Queries("expand"));
}
