using System.Globalization;
using Mesh.Commands.Flow;
using Mesh.Console.Graphs;

namespace Mesh.Console.Pages.Flow;

/// <summary>Outlines of nodes: each kind has one of its own, so that it can be told without colour and without reading.</summary>
internal static class FlowShape
{
    /// <summary>Width that a letter of a name takes at most, in pixels; those of the other lines are smaller.</summary>
    private const double NameLetter = 8.3, OtherLetter = 6.9;

    private const double Least = 140, Most = 264, Tall = 60, Low = 44;

    /// <summary>Space at the left of the text, in pixels.</summary>
    public static double Indent(FlowKind kind) => kind is FlowKind.Product or FlowKind.Trigger ? 22 : 16;

    /// <summary>Space at the right of a name, in pixels: the icon's, and in some kinds that of their own lines.</summary>
    public static double Outdent(FlowKind kind) => kind switch
    {
        FlowKind.Topic => 44,
        FlowKind.Product or FlowKind.Trigger or FlowKind.Source or FlowKind.Job => 40,
        _ => 30,
    };

    /// <summary>The size a node needs for its texts.</summary>
    public static GraphNode Size(FlowNode node)
    {
        double room = Indent(node.Kind) + Outdent(node.Kind);
        double width = Math.Max((node.Name.Length * NameLetter) + room, (What(node).Length * OtherLetter) + room - 14);
        return new GraphNode(node.Id, Math.Clamp(width, Least, Most), FlowValue.Of(node).Count > 0 ? Tall : Low);
    }

    /// <summary>The name, as much of its end as there is room for.</summary>
    public static string Name(FlowNode node, double width) => FlowText.Fit(node.Name, (int)((width - Indent(node.Kind) - Outdent(node.Kind)) / NameLetter) + 1);

    /// <summary>What a node is, as much of its end as there is room for.</summary>
    public static string What(FlowNode node, double width) => FlowText.Fit(What(node), (int)((width - Indent(node.Kind) - Outdent(node.Kind) + 14) / OtherLetter) + 1);

    private static string What(FlowNode node) => node.Detail.Length == 0 ? FlowText.Word(node.Kind) : $"{FlowText.Word(node.Kind)} · {node.Detail}";

    /// <summary>The outline as the <c>d</c> of an SVG path.</summary>
    public static string Outline(FlowKind kind, double width, double height)
    {
        double w = width, h = height, half = h / 2;
        return kind switch
        {
            FlowKind.Source => Text($"M4,0H{w - 14}L{w},{half}L{w - 14},{h}H4Q0,{h} 0,{h - 4}V4Q0,0 4,0Z"),
            FlowKind.Topic => Text($"M10,0H{w - 10}C{w + 3},0 {w + 3},{h} {w - 10},{h}H10C-3,{h} -3,0 10,0Z"),
            FlowKind.Table => Text($"M2,0H{w - 2}Q{w},0 {w},2V{h - 2}Q{w},{h} {w - 2},{h}H2Q0,{h} 0,{h - 2}V2Q0,0 2,0Z"),
            FlowKind.Product => Text($"M{half},0H{w - half}A{half},{half} 0 0 1 {w - half},{h}H{half}A{half},{half} 0 0 1 {half},0Z"),
            FlowKind.Trigger => Text($"M14,0H{w - 14}L{w},{half}L{w - 14},{h}H14L0,{half}Z"),
            FlowKind.Job => Text($"M0,0H{w - 14}L{w},14V{h}H0Z"),
            _ => Text($"M9,0H{w - 9}Q{w},0 {w},9V{h - 9}Q{w},{h} {w - 9},{h}H9Q0,{h} 0,{h - 9}V9Q0,0 9,0Z"),
        };
    }

    /// <summary>Lines within the outline; null for none.</summary>
    public static string? Inside(FlowKind kind, double width, double height) => kind switch
    {
        FlowKind.Topic => Text($"M{width - 10},0C{width - 23},0 {width - 23},{height} {width - 10},{height}"),
        FlowKind.Table => Text($"M0,6H{width}M8,6V{height}"),
        FlowKind.Job => Text($"M{width - 14},0V14H{width}"),
        _ => null,
    };

    private static string Text(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
