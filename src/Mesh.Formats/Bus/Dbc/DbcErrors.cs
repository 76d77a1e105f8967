using System.Globalization;
using Mesh.Model;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>DBC files that cannot be used, with place and remedy.</summary>
internal static class DbcErrors
{
    public static MeshException Syntax(string name, int line, string expected, string found) =>
        new("MESH10501", $"{At(name, line)} expected {expected}, found {found}. Correct the line, or save the database again with a DBC editor.");

    public static MeshException UnterminatedText(string name, int line) =>
        new("MESH10502", $"{At(name, line)} begins a text that never ends. Close it with a quotation mark, and write a quotation mark within a text as \\\".");

    public static MeshException OutOfRange(string name, int line, string what, string limit) =>
        new("MESH10503", $"{At(name, line)} {what}. {limit} Correct the line.");

    public static MeshException NoStatements(string name) =>
        new("MESH10504", $"'{name}' has no statement of a DBC file in it. Check that it is a DBC file, and give its encoding if it is UTF-16 without a byte order mark.");

    public static MeshException Multiplexing(string name, int line, string problem) =>
        new("MESH10505", $"{At(name, line)} {problem}. Correct the multiplexing of the message.");

    public static MeshException NotAMessage(string name, string problem) =>
        new("MESH10506", $"Schema '{name}' does not describe one message: {problem}. Record the channel again with the database.");

    private static string At(string name, int line) => string.Create(CultureInfo.InvariantCulture, $"'{name}', line {line}:");
}
