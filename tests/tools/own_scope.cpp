// A plugin of clang-tidy: the checks look at what our own files declare, and no longer at every declaration of the
// system's headers, of which nothing is told anyway. That is three quarters of the time. tests/tools/tidy.py compiles
// and loads it.
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

#include <memory>
#include <string>
#include <vector>

namespace odograph::tests {
namespace {

class ScopeConsumer : public clang::ASTConsumer {
 public:
  void HandleTranslationUnit(clang::ASTContext& context) override {
    const clang::SourceManager& sources = context.getSourceManager();
    std::vector<clang::Decl*> own;
    for (clang::Decl* one : context.getTranslationUnitDecl()->decls()) {
      if (!sources.isInSystemHeader(one->getLocation())) {
        own.push_back(one);
      }
    }
    context.setTraversalScope(own);
  }
};

class ScopeAction : public clang::PluginASTAction {
 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                        llvm::StringRef /*file*/) override {
    return std::make_unique<ScopeConsumer>();
  }

  bool ParseArgs(const clang::CompilerInstance& /*compiler*/, const std::vector<std::string>& /*words*/) override {
    return true;
  }

  ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<ScopeAction> kScope("own-scope", "checks our own declarations only");

}  // namespace
}  // namespace odograph::tests
