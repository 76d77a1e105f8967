using Mesh.Console.Hosting;
using Microsoft.AspNetCore.Components;

namespace Mesh.Console.Components;

/// <summary>A part of a page that asks for what it shows, such as the content of a tab: rendered once, after <see cref="LoadAsync"/> has ended.</summary>
public abstract class LoadedComponent : ComponentBase
{
    /// <summary>The request.</summary>
    [Parameter]
    [EditorRequired]
    public PageRequest Request { get; set; } = null!;

    /// <summary>What the part asks.</summary>
    [Inject]
    public ConsoleServices Services { get; set; } = null!;

    /// <inheritdoc/>
    public sealed override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync(Request.Aborted);
        StateHasChanged();
    }

    /// <summary>Asks for what the part shows.</summary>
    protected abstract Task LoadAsync(CancellationToken cancellationToken);
}
