// The editor: Ctrl + Enter runs, a new line keeps the indent of the line before. Tab stays what it is: the way out.
"use strict";
(() => {
  const editor = document.getElementById("query");
  if (!editor) return;
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      editor.form.requestSubmit(editor.form.querySelector("button.primary"));
    } else if (!event.shiftKey && !event.altKey && !event.isComposing) {
      const before = editor.value.slice(0, editor.selectionStart);
      const indent = /^[ ]*/.exec(before.slice(before.lastIndexOf("\n") + 1))[0];
      if (!indent) return;
      event.preventDefault();
      editor.setRangeText("\n" + indent, editor.selectionStart, editor.selectionEnd, "end");
    }
  });
})();
