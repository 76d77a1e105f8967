using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Mesh.Console.Components;

/// <summary>SVG's <c>text</c>, a word that Razor takes for one of its own.</summary>
public sealed class SvgText : ComponentBase
{
    /// <summary>Class.</summary>
    [Parameter, EditorRequired] public string Class { get; set; } = "";

    /// <summary>To the right, in pixels.</summary>
    [Parameter, EditorRequired] public double X { get; set; }

    /// <summary>Downwards, in pixels.</summary>
    [Parameter, EditorRequired] public double Y { get; set; }

    /// <summary>Where in the text that place is: <c>start</c>, <c>middle</c> or <c>end</c>.</summary>
    [Parameter] public string? Anchor { get; set; }

    /// <summary>Whether it is for the eye alone.</summary>
    [Parameter] public bool IsHidden { get; set; }

    /// <summary>The text.</summary>
    [Parameter] public RenderFragment? ChildContent { get; set; }

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "class", Class);
        builder.AddAttribute(2, "x", X.ToString("0.#", CultureInfo.InvariantCulture));
        builder.AddAttribute(3, "y", Y.ToString("0.#", CultureInfo.InvariantCulture));
        builder.AddAttribute(4, "text-anchor", Anchor);
        builder.AddAttribute(5, "aria-hidden", IsHidden ? "true" : null);
        builder.AddContent(6, ChildContent);
        builder.CloseElement();
    }
}
