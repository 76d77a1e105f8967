using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Mesh.Console.Actions;

/// <summary>Fields of a form, from a query or a body.</summary>
public sealed class FormFields(IEnumerable<KeyValuePair<string, StringValues>> values)
{
    private readonly Dictionary<string, StringValues> values = new(values, StringComparer.Ordinal);

    /// <summary>Fields of a request's body; null when it is no form, too long, or broken.</summary>
    internal static async Task<FormFields?> ReadAsync(HttpContext context, long maxBytes)
    {
        if (context.Request.ContentLength is not { } length || length > maxBytes || !context.Request.HasFormContentType) return null;
        try
        {
            return new FormFields(await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>All fields, those with several values several times.</summary>
    public IEnumerable<(string Name, string Value)> All => values.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Select(value => (pair.Key, value ?? "")));

    /// <summary>A field's text without blanks around it; null when it is absent or empty.</summary>
    public string? Text(string name) => values.GetValueOrDefault(name).ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Values of a field; an empty one counts for nothing.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. values.GetValueOrDefault(name).Where(value => !string.IsNullOrWhiteSpace(value)).Select(value => value!.Trim())];

    /// <summary>Whether a box is ticked.</summary>
    public bool Flag(string name) => Text(name) is "true" or "on" or "yes" or "1";

    /// <summary>A whole number; null when absent.</summary>
    /// <exception cref="Model.MeshException"><c>MESH13003</c> when it is none.</exception>
    public long? Number(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number
        : throw new Model.MeshException("MESH13003", $"'{name}' is '{text}', but should be a whole number.");

    /// <summary>The same fields but the named ones.</summary>
    public FormFields Without(params string[] names) => new(values.Where(pair => !names.Contains(pair.Key)));
}
