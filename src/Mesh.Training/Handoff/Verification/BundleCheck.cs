using Mesh.Training.Handoff.Signing;

namespace Mesh.Training.Handoff.Verification;

/// <summary>Whether the folder is a bundle, signed by somebody known, with exactly the files that were signed.</summary>
internal static class BundleCheck
{
    public static void Documents(HandoffContext context)
    {
        var present = context.Folder.List();
        string[] missing = [.. HandoffFiles.Required.Append(HandoffFiles.Signature).Where(name => present.All(file => file.Name != name))];
        foreach (string name in missing) context.Report("MESH9510", name, "a bundle needs this file, and it is missing");
        if (missing.Length > 0) return;
        // A link in a document's place is there, and is reported for what it is.
        foreach (var (name, _) in present.Where(file => !file.IsRegular)) context.Report("MESH9513", name, "it is a symbolic link or no regular file");
        if (present.Any(file => !file.IsRegular)) return;
        var manifest = context.Facts.Manifest;
        context.Note = $"{context.Facts.Subject}, {manifest.Subject.State}, written {manifest.CreatedAt:u} by {manifest.CreatedBy}";
    }

    public static void List(HandoffContext context)
    {
        var signature = OmsBundle.Parse(context.Folder.Read(HandoffFiles.Signature), HandoffFiles.Signature);
        context.Signature = signature;
        // Paths that nobody listed could bring anything along.
        foreach (string path in signature.IgnoredPaths) context.Report("MESH9526", HandoffFiles.Signature, $"it leaves out '{path}', which could then hold anything");
        context.Note = $"{signature.Resources.Count} files, root {signature.Root}";
    }

    public static void Signature(HandoffContext context)
    {
        var signature = context.Signature!;
        var keys = context.ServerKeys();
        var named = keys.Where(key => signature.Method == "key" ? OmsBundle.HintOf(key.Value.Pem) == signature.Hint : Governance.Audit.SigningKey.FingerprintOf(signature.CertifiedKey) == key.Key).ToList();
        if (named is not [var signer])
        {
            context.Report("MESH9525", HandoffFiles.Signature, context.Trust is null
                ? $"it names a key ({signature.Hint}) that is not the signer's in {HandoffFiles.Manifest}, or not in {HandoffFiles.Keys}"
                : $"it names a key ({signature.Hint}) that the trust file does not have as a builder's");
            return;
        }

        if (!signature.IsSignedBy(signer.Value.Pem)) context.Report("MESH9524", HandoffFiles.Signature, $"it was not made with the key {signer.Key} that it names, or what it signs was changed");
        context.Note = context.Trust is null
            ? $"by the key {signer.Key}, which only the bundle itself vouches for; --trust FILE says whom to believe"
            : $"by {context.Trust.Signers.First(known => known.KeySha256 == signer.Key).Name}, key {signer.Key}";
    }

    public static void Files(HandoffContext context)
    {
        var listed = context.Signature!.Resources.ToDictionary(resource => resource.Name);
        foreach (string name in listed.Keys.Where(name => !BundleFolder.IsPlain(name)))
        {
            context.Report("MESH9514", name, "the signed list has a name that does not stay inside the bundle");
        }

        var present = context.Folder.List();
        foreach (var (name, _) in present)
        {
            if (name != HandoffFiles.Signature && !listed.ContainsKey(name)) context.Report("MESH9512", name, "it is not in the signed list");
        }

        var names = present.Select(file => file.Name).ToHashSet();
        foreach (var resource in listed.Values.Where(resource => BundleFolder.IsPlain(resource.Name)))
        {
            if (!names.Contains(resource.Name)) context.Report("MESH9511", resource.Name, "it is in the signed list, but missing");
            else if (context.Folder.Has(resource.Name) && context.Folder.Digest(resource.Name).Sha256 is { } digest && digest != resource.Digest)
            {
                context.Report("MESH9515", resource.Name, $"its SHA-256 is {digest}, {resource.Digest} was signed");
            }
        }

        context.Note = $"{listed.Count} files are as signed, and there are no others";
    }
}
