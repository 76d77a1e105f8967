using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>A linked file and everything its names can mean.</summary>
/// <param name="File">The file, its type names resolved.</param>
/// <param name="Symbols">Messages, enums, enum values, extensions, services and packages (as null) by full name, of the file and what it imports.</param>
/// <param name="Imports">The files it imports, directly or not, by path; linked.</param>
internal sealed record LinkedProto(ProtoFile File, IReadOnlyDictionary<string, object?> Symbols, IReadOnlyDictionary<string, LinkedProto> Imports);

/// <summary>Resolves the names of parsed files, innermost scope first, and checks what a single file's text cannot show to be wrong.</summary>
internal sealed class ProtoLinker
{
    private const int MaxImportDepth = 64;
    private readonly Func<string, ProtoFile?> import;
    private readonly Dictionary<string, LinkedProto> linked = new(StringComparer.Ordinal);
    private readonly HashSet<string> linking = new(StringComparer.Ordinal);

    private ProtoLinker(Func<string, ProtoFile?> import) => this.import = import;

    /// <param name="file">Parsed file; changed in place.</param>
    /// <param name="import">A parsed, not linked file by its import path, or null; the well-known ones are found without it.</param>
    /// <exception cref="ProtoSyntaxException">A name cannot be resolved, or a rule of the language is broken.</exception>
    public static LinkedProto Link(ProtoFile file, Func<string, ProtoFile?> import) => new ProtoLinker(import).Link(file);

    private LinkedProto Link(ProtoFile file)
    {
        linking.Add(file.Name);
        if (linking.Count > MaxImportDepth) throw new ProtoSyntaxException(file.Name, 1, 1, $"imports are nested more than {MaxImportDepth} deep.");
        var symbols = new Dictionary<string, object?>(StringComparer.Ordinal);
        var reached = new Dictionary<string, LinkedProto>(StringComparer.Ordinal);
        foreach (var each in file.Imports)
        {
            var imported = Import(file, each.Path);
            reached[each.Path] = imported;
            foreach (var (path, further) in imported.Imports) reached[path] = further;
            AddVisible(symbols, imported, []);
        }

        var own = new ProtoDeclarations(file, symbols);
        own.Declare();
        own.Resolve();
        linking.Remove(file.Name);
        return new LinkedProto(file, symbols, reached);
    }

    private LinkedProto Import(ProtoFile from, string path)
    {
        if (linked.TryGetValue(path, out var known)) return known;
        if (linking.Contains(path)) throw new ProtoSyntaxException(from.Name, 1, 1, $"\"{path}\" imports itself, directly or through others.");
        var file = import(path) ?? WellKnownProtos.Find(path)
            ?? throw new ProtoSyntaxException(from.Name, 1, 1, $"\"{path}\" is imported, but no reference has this name and it is not one of google/protobuf.");
        file.Name = path;
        return linked[path] = Link(file);
    }

    private static void AddVisible(Dictionary<string, object?> symbols, LinkedProto imported, HashSet<string> seen)
    {
        if (!seen.Add(imported.File.Name)) return;
        foreach (var (name, symbol) in imported.Symbols)
        {
            if (symbol is null || ReferenceEquals(FileOf(symbol), imported.File)) symbols.TryAdd(name, symbol);
        }

        foreach (var each in imported.File.Imports.Where(each => each.IsPublic)) AddVisible(symbols, imported.Imports[each.Path], seen);
    }

    private static ProtoFile? FileOf(object symbol) => symbol switch
    {
        ProtoMessage message => message.File,
        ProtoEnum enumeration => enumeration.File,
        ProtoOwned owned => owned.File,
        _ => null,
    };
}

/// <summary>A symbol that is neither message nor enum: an enum value, an extension or a service.</summary>
internal sealed record ProtoOwned(ProtoFile File, object Symbol);
