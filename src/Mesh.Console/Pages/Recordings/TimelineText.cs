using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Mesh.Console.Pages.Recordings;

/// <summary>The element <c>text</c> of SVG with places in per cent, which Razor's own directive of that name keeps markup from having.</summary>
public sealed class TimelineText : ComponentBase
{
    /// <summary>Place from the left, such as <c>12.5%</c>.</summary>
    [Parameter, EditorRequired] public string X { get; set; } = "0";

    /// <summary>Place of the base line.</summary>
    [Parameter] public string Y { get; set; } = "13";

    /// <summary>Class; null for none.</summary>
    [Parameter] public string? Class { get; set; }

    /// <summary><c>start</c>, <c>middle</c> or <c>end</c>.</summary>
    [Parameter] public string Anchor { get; set; } = "middle";

    /// <summary>The text.</summary>
    [Parameter, EditorRequired] public string Text { get; set; } = "";

    /// <summary>What it means, as a tool tip; null for none.</summary>
    [Parameter] public string? Explanation { get; set; }

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "x", X);
        builder.AddAttribute(2, "y", Y);
        builder.AddAttribute(3, "class", Class);
        builder.AddAttribute(4, "text-anchor", Anchor);
        builder.AddContent(5, Text);
        if (Explanation is not null)
        {
            builder.OpenElement(6, "title");
            builder.AddContent(7, Explanation);
            builder.CloseElement();
        }

        builder.CloseElement();
    }
}
